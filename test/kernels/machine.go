package kernels

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
)

// Boot starts a kernel with an initramfs, lets it run a scene and returns what
// came over its serial line. It fails unless the machine switches itself off
// before ctx ends.
func Boot(ctx context.Context, k Kernel, initramfs, scene string) (Output, error) {
	m := machines[k.Arch]
	args := append(slices.Clone(m.qemu[1:]),
		"-kernel", k.Image, "-initrd", initramfs, "-append", "console="+m.console+" quiet loglevel=0 panic=-1 stoop.scene="+scene,
		"-nographic", "-no-reboot", "-nodefaults", "-serial", "stdio", "-smp", "2", "-m", "512")
	cmd := exec.CommandContext(ctx, m.qemu[0], args...)
	var serial, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &serial, &complaints
	err := cmd.Run()
	out := Output{Serial: strings.ReplaceAll(serial.String(), "\r", "")}
	switch {
	case ctx.Err() != nil:
		return out, errors.New("the machine did not switch itself off in time")
	case err != nil:
		return out, fmt.Errorf("qemu: %w: %s", err, bytes.TrimSpace(complaints.Bytes()))
	}
	if out.Reports, err = parseReports(out.Serial); err == nil && len(out.Reports) == 0 {
		err = errors.New("the machine stopped before its scene began")
	}
	return out, err
}

// Output is what a machine said: the frames that guest/init's function report
// wrote, by their names, and the whole of it.
//
//	@@begin doctor
//	ok    kernel …
//	@@end 0
type Output struct {
	Reports map[string]Report
	Serial  string
}

// Report is what a command in a machine printed, on both outputs, and its exit
// status.
type Report struct {
	Text string
	Exit int
}

func parseReports(serial string) (map[string]Report, error) {
	reports := map[string]Report{}
	name := ""
	var text strings.Builder
	for line := range strings.Lines(serial) {
		begin, isBegin := strings.CutPrefix(line, "@@begin ")
		end, isEnd := strings.CutPrefix(line, "@@end ")
		switch {
		case strings.HasPrefix(line, "@@late"):
			return reports, errors.New("something that the scene waits for did not come")
		case isBegin:
			name = strings.TrimSpace(begin)
			text.Reset()
		case isEnd && name != "":
			r := Report{Text: text.String()}
			if _, err := fmt.Sscan(end, &r.Exit); err != nil {
				return reports, fmt.Errorf("exit status of %s: %w", name, err)
			}
			reports[name], name = r, ""
		default:
			text.WriteString(line)
		}
	}
	if name != "" {
		return reports, fmt.Errorf("report %s has no end", name)
	}
	return reports, nil
}
