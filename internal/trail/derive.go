package trail

import "github.com/stoop-project/stoop/internal/event"

// What is concluded of an alert is a field like others.
func init() {
	chain := func(part func(*Chain) []string) func(event.Row, event.Arg) (event.Value, bool) {
		return func(r event.Row, _ event.Arg) (event.Value, bool) {
			c := ChainOf(r)
			if c == nil {
				return event.Value{}, false
			}
			texts := part(c)
			v := event.Value{Kind: event.String, List: make([]event.Value, len(texts))}
			for i, text := range texts {
				v.List[i] = event.StringValue(text)
			}
			return v, len(texts) > 0
		}
	}
	for name, derive := range map[string]func(event.Row, event.Arg) (event.Value, bool){
		"alert.reason": func(r event.Row, _ event.Arg) (event.Value, bool) {
			if r.Alert == 0 {
				return event.Value{}, false
			}
			why := Why(r)
			return event.StringValue(why), why != ""
		},
		"alert.steps":   chain(func(c *Chain) []string { happened, _ := c.Lines(); return happened }),
		"alert.missing": chain(func(c *Chain) []string { _, missing := c.Lines(); return missing }),
	} {
		f, _ := event.Fields.Lookup(name)
		f.Derive = derive
	}
}

// Inferred is how a reason ends that is a conclusion.
const Inferred = " (inferred)"

// Why is [Reason] with its mark.
func Why(alert event.Row) string {
	why, guess := Reason(alert)
	if guess {
		why += Inferred
	}
	return why
}
