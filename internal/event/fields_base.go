package event

// The tables below are the registry's groups; each lives in a file of its own.

var evtFields = []Field{
	{
		Name: "evt.type", Kind: String, Class: "evt", Home: HomeType, Flags: KernelTest, From: FromLive | FromFalco,
		Doc: "Name of the event's type: the system call, or one of stoop's own types.",
		Read: func(r Row, _ Arg) (Value, bool) {
			if r.Type == TypeUnknown {
				return Value{}, false
			}
			name := r.Type.String()
			return StringValue(name), name != ""
		},
	},
	{
		Name: "evt.time", Kind: Time, Class: "evt", Home: HomeEvent, Col: ColTime, From: FromLive | FromFalco | FromAudit,
		Doc:  "When the event happened.",
		Read: func(r Row, _ Arg) (Value, bool) { return TimeValue(r.B.Time[r.I]), true },
	},
}

var procFields = []Field{
	{
		Name: "proc.name", Kind: String, Class: "proc", Home: HomeProc, Flags: KernelTest, From: FromLive | FromFalco,
		Doc:  "Name of the process as the kernel keeps it, at most 15 bytes.",
		Read: func(r Row, _ Arg) (Value, bool) { return r.Str(r.P().Name) },
	},
}

var fdFields = []Field{
	{
		Name: "fd.type", Kind: String, Class: "fd", Home: HomeObj, From: FromLive | FromFalco,
		Doc: "What the descriptor refers to.",
		Read: func(r Row, _ Arg) (Value, bool) {
			k := r.O().Kind.String()
			return StringValue(k), k != ""
		},
	},
}

var containerFields = []Field{
	{
		Name: "container.id", Kind: String, Class: "container", Home: HomeCont, Flags: KernelTest, From: FromLive | FromFalco,
		Doc:  "First 12 hex digits of the container's id; host for what runs in none.",
		Read: func(r Row, _ Arg) (Value, bool) { return r.Str(r.C().ID) },
	},
}

var alertFields = []Field{
	{
		Name: "alert.rule", Kind: String, Class: "alert", Home: HomeAlert, Flags: Extension, From: FromFalco,
		Doc:  "Name of the rule that fired.",
		Read: func(r Row, _ Arg) (Value, bool) { return r.Str(r.A().Rule) },
	},
}
