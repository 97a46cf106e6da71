package event

// Facts of an alert, whoever raised it. The names are ours.
var alertFields = append(group("alert", HomeAlert, FromFalco, []Field{
	{Name: "alert.rule", Kind: String, Flags: Extension, Doc: "Name of the rule that fired.", Read: alertStr(func(a *Alert) Str { return a.Rule })},
	{
		Name: "alert.priority", Kind: String, Flags: Extension, Doc: "Severity that the rule gives.", Values: priorityNames[1:],
		Read: func(r Row, _ Arg) (Value, bool) {
			p := r.A().Priority.String()
			return StringValue(p), p != ""
		},
	},
	{Name: "alert.source", Kind: String, Flags: Extension, Doc: "Kind of events that the rule is about: syscall, k8s_audit, …", Values: []string{SourceSyscall, SourceK8sAudit}, Read: alertStr(func(a *Alert) Str { return a.Source })},
	{
		Name: "alert.tags", Kind: String, Flags: Extension | IsList, Doc: "The rule's tags.",
		Read: func(r Row, _ Arg) (Value, bool) {
			tags := splitNUL(r.T.Text(r.A().Tags))
			v := Value{Kind: String, List: make([]Value, len(tags))}
			for i, tag := range tags {
				v.List[i] = StringValue(tag)
			}
			return v, r.A().Tags != NoStr
		},
	},
	{Name: "alert.origin", Kind: String, Flags: Extension, Doc: "Who raised the alert: falco, wazuh, elastic, tetragon, zeek, stoop.", Values: []string{"falco", "wazuh", "elastic", "tetragon", "zeek", "stoop"}, Read: alertStr(func(a *Alert) Str { return a.Origin })},
}), group("alert", HomeEvent, FromFalco, []Field{
	{Name: "alert.output", Kind: String, Flags: Extension, Doc: "The alert's message."},
	{Name: "alert.id", Kind: String, Flags: Extension, Doc: "Id that whoever raised the alert, or a shipper, gave it."},
	{Name: "alert.severity", Kind: String, Flags: Extension, Doc: "Severity as whoever raised the alert writes it: a level of Wazuh, a word of Elastic."},
	{Name: "alert.mitre", Kind: String, Flags: Extension | IsList, Doc: "MITRE ATT&CK techniques that the alert speaks of: T1059.004."},
	{Name: "alert.status", Kind: String, Flags: Extension, Doc: "How far people have come with the alert: open, acknowledged, closed."},
	{Name: "alert.group", Kind: String, Flags: Extension, Doc: "Id of the sequence of alerts that it is part of."},
	{Name: "alert.ancestors", Kind: String, Flags: Extension | IsList, Doc: "Ids of the events and alerts that the alert was made of."},
	{
		Name: "alert.trail", Kind: String, Flags: Extension, From: FromLive | FromFalco,
		Doc:  "Id of the alert for whose trail the event was kept, be it the alert itself or what came before and after it.",
		Read: func(r Row, _ Arg) (Value, bool) { return r.Str(r.T.Trail) },
	},
	{
		Name: "alert.reason", Kind: String, Flags: Extension | PrintOnly,
		Doc: "What was done, by whom and where, in a line; with (inferred) behind it where it was concluded. Of alerts that others made it is told where it is asked for by its name.",
	},
	{Name: "alert.steps", Kind: String, Flags: Extension | PrintOnly | IsList, Doc: "Of a sequence: its events in the order of time, a line each: when, which step, what."},
	{Name: "alert.missing", Kind: String, Flags: Extension | PrintOnly | IsList, Doc: "Of a sequence: the steps that have not been seen."},
	{
		Name: "alert.outcome", Kind: String, Flags: Extension | PrintOnly | IsList,
		Doc: "What came of the alert: how its process ended, whether it connected, what failed; with (inferred) behind what was concluded. Only in stoop print --outcome, since it is known later.",
		Read: func(r Row, _ Arg) (Value, bool) {
			if r.Alert == 0 || r.T.Outcome == nil {
				return Value{}, false
			}
			texts := r.T.Outcome(r)
			v := Value{Kind: String, List: make([]Value, len(texts))}
			for i, text := range texts {
				v.List[i] = StringValue(text)
			}
			return v, len(texts) > 0
		},
	},
	{Name: "alert.building_block", Kind: Bool, Flags: Extension, Doc: "Whether the alert is only there for others to be made of."},
})...)

// How far an event can be trusted. The names are ours.
var stoopFields = append(group("stoop", HomeEvent, FromLive, []Field{
	{Name: "stoop.inferred", Kind: Bool, Flags: Extension, Doc: "Whether the event was not observed but concluded: a process that was found in /proc.", Read: bit(Inferred)},
	{Name: "stoop.cut", Kind: Bool, Flags: Extension, Doc: "Whether an argument was longer than what was kept.", Read: bit(ArgsCut)},
	{
		Name: "stoop.cut_in", Kind: String, Flags: Extension | IsList | PrintOnly,
		Doc: "Of an alert that a shipper cut: the fields whose texts it did not keep whole.", Read: readCutIn,
	},
	{
		Name: "stoop.not_stored", Kind: String, Flags: Extension | IsList | PrintOnly,
		Doc: "Of an alert: the fields that its text names and that were not stored with it.", Read: readNotStored,
	},
	{Name: "stoop.io_uring", Kind: Bool, Flags: Extension, Doc: "Whether io_uring did the call for the process.", Read: bit(ViaIOUring)},
	{Name: "stoop.compat", Kind: Bool, Flags: Extension, Doc: "Whether it was a 32-bit call on a 64-bit kernel.", Read: bit(Compat32)},
	{Name: "stoop.late_process", Kind: Bool, Flags: Extension, Doc: "Whether the process was read from /proc after the event: it may have changed in between.", Read: bit(LateProcess)},
}), group("stoop", HomeObj, FromLive, []Field{
	{
		Name: "stoop.fd_from_arg", Kind: Bool, Flags: Extension, Doc: "Whether fd.name was read from the program's memory, which it may have changed after the call.",
		Read: objFlag(ObjFromArg),
	},
	{
		Name: "stoop.fd_inferred", Kind: Bool, Flags: Extension, Doc: "Whether fd.name comes from keeping books of descriptors, not from the kernel's file.",
		Read: objFlag(ObjInferred),
	},
})...)

func bit(b Bits) reader {
	return func(r Row, _ Arg) (Value, bool) {
		is := r.B.Bits[r.I]&b != 0
		return BoolValue(is), is || !r.reported()
	}
}
