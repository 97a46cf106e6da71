// Package desk keeps what is decided about alerts in a search server, where
// everybody who looks at it sees it.
//
// Records lie in an index of stoop's own, a document each. A change is taken only
// of the document that was read before (if_seq_no, if_primary_term), so that of
// two at work neither loses what the other wrote. The index has one shard, whose
// numbers of changes ([Desk.Watch] asks for those past the last) have one order.
//
// Alerts of Elastic Security have a place of their own for their state, where
// Kibana shows it: kibana.alert.workflow_status. [Desk.Mark] writes it, as Kibana
// does, and Watch tells what others write there.
package desk
