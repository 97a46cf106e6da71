package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// rotateFlags say when a file that is written gives way to the next, and which of
// them stay.
type rotateFlags struct {
	Rotate    rotation `placeholder:"SIZE,SPAN" help:"Begin a new file when one has this size, this age, or either: 1GB; 24h; 100MB,1h."`
	Keep      byteSize `placeholder:"SIZE" help:"Remove the oldest files when all together exceed this size."`
	KeepFiles int      `placeholder:"N" help:"Remove the oldest closed files when there are more than this."`
}

// rotation is when a file gives way to the next.
type rotation struct {
	size byteSize
	age  time.Duration
}

// UnmarshalText reads a size, a span, or both with a comma between.
func (r *rotation) UnmarshalText(text []byte) error {
	*r = rotation{}
	for part := range strings.SplitSeq(string(text), ",") {
		if age, err := time.ParseDuration(part); err == nil && age >= time.Second && r.age == 0 {
			r.age = age
			continue
		}
		if r.size.UnmarshalText([]byte(part)) != nil || r.size < minRotate {
			return fmt.Errorf("%q is neither a size of %s and more nor a time of a second and more; write 100MB, 1h, or 100MB,1h", part, humanize.IBytes(minRotate))
		}
	}
	return nil
}

// minRotate is the least size at which a file is closed.
const minRotate = 16 << 10

// any reports whether anything is asked of files.
func (r *rotateFlags) any() bool { return r.rotates() || r.KeepFiles != 0 }

// rotates reports whether a file gives way to another.
func (r *rotateFlags) rotates() bool { return r.Rotate != rotation{} || r.Keep != 0 }

// check refuses what makes no sense together.
func (r *rotateFlags) check() error {
	switch {
	case r.KeepFiles < 0:
		return fmt.Errorf("--keep-files %d: a number of files is above 0", r.KeepFiles)
	case r.KeepFiles > 0 && !r.rotates():
		return fmt.Errorf("--keep-files is for files that --rotate closes: give --rotate too")
	}
	return nil
}
