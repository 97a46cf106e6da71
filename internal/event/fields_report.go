package event

// What reports of other programs say that Falco has no field for: shippers,
// sensors of the network, Elastic's agents. The names are ours; only documents
// hold them.
var reportFields = append(append(append(group("evt", HomeEvent, FromFalco, []Field{
	{Name: "evt.id", Kind: String, Flags: Extension, Doc: "Id that the event's maker gave it."},
	{Name: "evt.dataset", Kind: String, Flags: Extension, Doc: "Kind of reports that the event is one of: zeek.dns, endpoint.events.process."},
	{Name: "evt.action", Kind: String, Flags: Extension, Doc: "What happened, in the reporting program's own word."},
	{Name: "evt.outcome", Kind: String, Flags: Extension, Doc: "How it ended, as the reporting program says.", Values: []string{"success", "failure", "unknown"}},
}), group("proc", HomeEvent, FromFalco, []Field{
	{Name: "proc.entity_id", Kind: String, Flags: Extension, Doc: "Id by which the reporting program knows the process: Elastic's entity id, Tetragon's exec id."},
	{Name: "proc.parent.entity_id", Kind: String, Flags: Extension, Doc: "proc.entity_id of the parent."},
	{Name: "proc.entry.entity_id", Kind: String, Flags: Extension, Doc: "proc.entity_id of the process by which the session was entered."},
	{Name: "proc.entry.name", Kind: String, Flags: Extension, Doc: "proc.name of the process by which the session was entered."},
	{Name: "proc.entry.type", Kind: String, Flags: Extension, Doc: "How the session was entered: sshd, container, init, …"},
})...), group("net", HomeEvent, FromFalco, []Field{
	{Name: "net.protocol", Kind: String, Flags: Extension, Doc: "Protocol that was spoken: dns, http, ssl, ssh."},
	{Name: "net.host", Kind: String, Flags: Extension, Doc: "Domain that was asked for: of DNS the question, of HTTP the host, of TLS the server's name."},
	{Name: "net.request", Kind: String, Flags: Extension, Doc: "What was asked: of HTTP the URL, of DNS the record's type."},
	{Name: "net.method", Kind: String, Flags: Extension, Doc: "Method of an HTTP request."},
	{Name: "net.status", Kind: String, Flags: Extension, Doc: "How it was answered: HTTP's status, DNS's response code."},
	{Name: "net.answers", Kind: String, Flags: Extension | IsList, Doc: "What DNS answered."},
	{Name: "net.user_agent", Kind: String, Flags: Extension, Doc: "Program that asked, as it calls itself."},
	{Name: "net.state", Kind: String, Flags: Extension, Doc: "How far a connection came, in Zeek's words: SF, S0, REJ."},
	{Name: "net.bytes_sent", Kind: Uint, Unit: "bytes", Flags: Extension, Doc: "How many bytes the client sent."},
	{Name: "net.bytes_received", Kind: Uint, Unit: "bytes", Flags: Extension, Doc: "How many bytes the server sent."},
	{Name: "net.duration", Kind: Duration, Unit: "ns", Flags: Extension, Doc: "How long the connection lasted."},
	{Name: "net.community_id", Kind: String, Flags: Extension, Doc: "Community id of the connection: a hash of its ends, the same in all tools."},
})...), group("log", HomeEvent, FromFalco, []Field{
	{Name: "log.message", Kind: String, Flags: Extension, Doc: "Line of a log, or what a report says in words."},
	{Name: "log.level", Kind: String, Flags: Extension, Doc: "Level of a line of a log, as it is written."},
	{Name: "log.stream", Kind: String, Flags: Extension, Doc: "Whether a container's log line came from stdout or stderr.", Values: []string{"stdout", "stderr"}},
})...)
