package trail

// act names what a process did, or what one of its children did, by what was
// told of it.
type act struct {
	node *Node
	tell string
}

// acts finds what was told of a process without going through all of it: of
// itself, and under its parent, with the parent's name, of its kin.
type acts map[act][]*told

// ofKin marks the tells of a process's children.
const ofKin = "kin\x00"

// maxKin bounds how many of a process's siblings are looked at, the last first.
const maxKin = 64

// note remembers what was told of a process.
func (s *teller) note(x *told) {
	if x.by == nil {
		return
	}
	if s.acts == nil {
		s.acts = acts{}
	}
	own := act{x.Node, x.by.Tell}
	s.acts[own] = append(s.acts[own], x)
	if p := x.Node.Parent; p != nil {
		kin := act{p, ofKin + x.by.Tell}
		s.acts[kin] = append(s.acts[kin], x)
	}
}

// kin returns what a process that was started together with n did, of what a
// telling asks for.
func (s *teller) kin(by *telling, n *Node) *told {
	for _, tell := range by.After {
		all := s.acts[act{n.Parent, ofKin + tell}]
		for i := len(all) - 1; i >= max(len(all)-maxKin, 0); i-- {
			k := all[i].Node
			if k != n && apart(k.Process.Start, n.Process.Start) < together && k.alive(n.Process.Start) && n.alive(k.Process.Start) {
				return all[i]
			}
		}
	}
	return nil
}

// alive reports whether a process had not ended at a time, as far as its end was
// seen: what came after it cannot have had anything from it by a pipe.
func (n *Node) alive(at int64) bool { return n.Ended == 0 || n.Ended >= at }
