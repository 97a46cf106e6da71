package queue

import (
	_ "embed"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
)

// Criterion is one reason for which a group stands higher.
type Criterion struct {
	Name   string // priority.Critical, sequence, new, …
	Points int
	Says   string // when it holds
}

// orderTable holds the criteria: what matters is a table and not code.
//
//go:embed order.tsv
var orderTable string

// Order lists the criteria by which groups of one state are ordered: the more
// points the higher, the newest first of as many.
var Order = readOrder(orderTable)

func readOrder(table string) (all []Criterion) {
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.TrimSpace(line), "\t")
		if len(cells) != 3 {
			panic(fmt.Sprintf("order.tsv: %q has not three cells", line))
		}
		points, err := strconv.Atoi(cells[1])
		if err != nil {
			panic(err)
		}
		all = append(all, Criterion{cells[0], points, cells[2]})
	}
	return all
}

// Point is a criterion that holds for a group, and what it brought.
type Point struct {
	Name   string `json:"name"`
	Points int    `json:"points"`
}

func (p Point) String() string { return p.Name + " " + strconv.Itoa(p.Points) }

const hour = 3600e9

// Bounds of the criteria.
const (
	rareMost  = 3        // alerts of a rare kind
	newWithin = 1 * hour // before the newest alert of the queue
	tenth     = 10
)

// weigh says which criteria hold for a group.
func (q *Queue) weigh(g *Group) (points []Point, sum int) {
	holds := map[string]float64{
		"priority." + priorityName(g.Priority): 1,
		"sequence":                             one(g.Sequence),
		"new":                                  one(g.Record.ID == "" && q.last-q.first > newWithin && q.last-g.First < newWithin),
		"rare":                                 one(g.Count <= rareMost),
		"spread":                               one(g.Containers > 1),
		"rising":                               one(rising(g)),
		"tenfold":                              math.Floor(math.Log10(float64(max(g.Count, 1)))),
		"again":                                one(g.Again),
	}
	for _, c := range Order {
		if p := int(holds[c.Name]) * c.Points; p != 0 {
			points = append(points, Point{c.Name, p})
			sum += p
		}
	}
	return points, sum
}

func one(holds bool) float64 {
	if holds {
		return 1
	}
	return 0
}

func priorityName(p event.Priority) string {
	if p == event.PriorityUnknown {
		return "unknown"
	}
	return p.String()
}

// rising reports whether the last tenth of the group's time has more than a
// third of its alerts.
func rising(g *Group) bool {
	if g.Count < tenth || g.Last-g.First < tenth*1e9 {
		return false
	}
	var n [tenth]int
	g.Trend(n[:], g.First, g.Last+1)
	return 3*n[tenth-1] > g.Count
}
