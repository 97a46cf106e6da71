// Package indicator reads lists of indicators (addresses, networks, domains,
// paths, hashes) and makes a rule file of them, so that they are matched as all
// rules are: live, in files, and pushed down to a SIEM as lists of values.
//
// Three forms are read, told apart by their content: plain text with one
// indicator a line, CSV with a header, and STIX 2.1 bundles. What kind an
// indicator is of is told by what it looks like, unless the list says so.
package indicator
