package trail

import "fmt"

// Stage is one tactic of a kill chain.
type Stage struct {
	Tactic  string
	Time    int64 // ns since 1970, of its first act
	Acts    int   // sentences
	Alerted int   // of these, with an alert
	Silent  int   // worth an alert, without one
}

// Stages lists the tactics of a story in the order in which they were first
// seen.
func Stages(told []*Sentence) (stages []Stage) {
	at := map[string]int{}
	for _, s := range told {
		if s.Tactic == "" {
			continue
		}
		i, known := at[s.Tactic]
		if !known {
			i = len(stages)
			at[s.Tactic] = i
			stages = append(stages, Stage{Tactic: s.Tactic, Time: s.Time})
		}
		stages[i].Acts++
		if len(s.Alerts) > 0 {
			stages[i].Alerted++
		}
		if s.Silent {
			stages[i].Silent++
		}
	}
	return stages
}

// Incident names what happened by its root: alerts of one incident have one
// name, wherever their trails were read. It is "" where the root is not known, or
// concluded from alerts: other alerts may tell of another.
func (t *Trail) Incident() string {
	if t.Root == nil || t.Root.Inferred {
		return ""
	}
	return fmt.Sprintf("%s-%d-%x", t.Subject.Container, t.Root.Process.PID, t.Root.Process.Start)
}
