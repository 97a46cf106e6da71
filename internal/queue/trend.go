package queue

// trendSteps is how many steps of time a trend counts by itself.
const trendSteps = 32

// trend counts alerts by time: steps of a length that doubles whenever the span
// has outgrown them. It is as large for a million alerts as for one.
type trend struct {
	shift uint8 // a step is 1<<shift ns long
	start int64 // number of the first step since 1970
	n     [trendSteps]uint32
}

// firstShift makes steps of about a second at first.
const firstShift = 30

func (t *trend) add(ns int64, empty bool) {
	if empty {
		t.shift, t.start = firstShift, ns>>firstShift
	}
	for {
		at := ns>>t.shift - t.start
		switch {
		case at >= 0 && at < trendSteps:
			t.n[at]++
			return
		case at < 0 && at > -trendSteps && t.free(int(-at)):
			t.back(int(-at))
		default:
			t.double()
		}
	}
}

// free reports whether the last k steps are empty.
func (t *trend) free(k int) bool {
	for _, n := range t.n[trendSteps-k:] {
		if n > 0 {
			return false
		}
	}
	return true
}

// back lets the trend begin k steps earlier.
func (t *trend) back(k int) {
	copy(t.n[k:], t.n[:trendSteps-k])
	clear(t.n[:k])
	t.start -= int64(k)
}

// double makes the steps twice as long.
func (t *trend) double() {
	start := t.start >> 1
	var n [trendSteps]uint32
	for i, c := range t.n {
		n[(t.start+int64(i))>>1-start] += c
	}
	t.shift, t.start, t.n = t.shift+1, start, n
}

// spread writes the trend into steps of the time from, … to-1 (ns since 1970);
// a step of ours counts where its middle lies.
func (t *trend) spread(into []int, from, to int64) {
	if to <= from {
		return
	}
	for i, c := range t.n {
		if c == 0 {
			continue
		}
		mid := (t.start+int64(i))<<t.shift + int64(1)<<t.shift/2
		spreadOne(into, int(c), mid, from, to)
	}
}

// spreadOne counts n alerts of a time in the step where it lies; from < to.
func spreadOne(into []int, n int, at, from, to int64) {
	at = min(max(at, from), to-1)
	part := float64(uint64(at)-uint64(from)) / float64(uint64(to)-uint64(from)) // the span may be longer than an int64
	into[min(int(part*float64(len(into))), len(into)-1)] += n
}

// after counts what came after a time, as far as the steps tell.
func (t *trend) after(ns int64) (n int) {
	for i, c := range t.n {
		if (t.start+int64(i))<<t.shift > ns {
			n += int(c)
		}
	}
	return n
}
