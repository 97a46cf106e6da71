// Package reread keeps what a user's own data files say, and reads them again
// when one of them changes: pivots, responses.
package reread
