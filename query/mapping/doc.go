// Package mapping says what an index can do with a path of its documents: of
// which types it is there, which multi-fields it has, what they leave out, and
// whether it can be searched and aggregated at all.
//
// It is made from what the server says of the indices ([Parse]): _field_caps,
// which is the ground, _mapping, which adds what only it tells (ignore_above,
// multi-fields, normalizers, what is stored without being indexed), and
// _settings. Where the last two may not be read, it says that it does not know.
package mapping
