package tui

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// processTime reads how much processor time a process has used, in the 10 ms
// steps of /proc.
func processTime(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(b)[strings.LastIndexByte(string(b), ')')+1:])
	user, err := strconv.Atoi(fields[11])
	if err != nil {
		return 0, err
	}
	sys, err := strconv.Atoi(fields[12])
	return time.Duration(user+sys) * 10 * time.Millisecond, err
}
