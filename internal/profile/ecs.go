package profile

// ecsMember is a member of a document that is written, and the field that it
// holds.
type ecsMember struct{ path, name string }
