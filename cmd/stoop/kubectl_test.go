//go:build linux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// fakeKubectl stands for kubectl and a cluster with the pod shop/web-0 on the
// node n1, where stoop runs, and others. An exec writes what it would run there,
// an argument a line.
const fakeKubectl = `#!/bin/sh
case "$*" in
*"get pod web-0"*) printf 'shop n1' ;;
*"get pod idle-0"*) printf 'shop n2' ;;
*"get pod new-0"*) printf 'shop ' ;;
*"get pod"[!s]*) echo 'Error from server (NotFound): pods "none" not found' >&2; exit 1 ;;
*"get pods"*"spec.nodeName=n1,"*) printf 'stoop-x7k2p stoop-old' ;;
*"get pods"*) ;;
*) printf '%s\n' "$@" ;;
esac
`

// The plugin finds the stoop of the pod's node, and gives it the pod's filter.
func TestKubectlPlugin(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "kubectl"), []byte(fakeKubectl), 0o755); err != nil {
		t.Fatal(err)
	}
	const (
		onN1 = "exec --stdin --namespace=stoop stoop-x7k2p --container=stoop -- /stoop "
		web0 = "--filter=k8s.ns.name = shop and k8s.pod.name = web-0"
	)
	for _, tt := range []struct {
		args, code, out, errs string
	}{
		{args: "-n shop web-0", out: onN1 + "view live " + web0},
		{args: "--context c1 web-0", out: "--context=c1 " + onN1 + "view live " + web0},
		{args: "pod/web-0 -c app print --before 60s", out: onN1 + "print live " + web0 + " and container.name = app --before 60s"},
		{args: "web-0 print -f a=1|or|b=2 --limit 3", out: onN1 + "print live " + web0 + " and (a=1 or b=2) --limit 3"},
		{args: "web-0 print --filter=a=1 -o json", out: onN1 + "print live " + web0 + " and (a=1) -o json"},
		{args: "node/n1", out: onN1 + "view live"},
		{args: "node/n1 print --filter a=1", out: onN1 + "print live --filter=(a=1)"},
		{args: "node/n1 doctor --bench", out: onN1 + "doctor --bench"},
		{args: "idle-0", code: "1", errs: "no stoop runs on node n2"},
		{args: "new-0", code: "1", errs: "shop/new-0 is on no node yet"},
		{args: "none", code: "1", errs: `pods "none" not found`},
		{args: "", code: "2", errs: "Usage: kubectl stoop"},
		{args: "-n", code: "2", errs: "-n needs a value"},
		{args: "--limit 3 web-0", code: "2", errs: "--limit is no flag of its own"},
		{args: "x|or|1=1", code: "2", errs: "the pod is no name of Kubernetes"},
		{args: "-c $(id) web-0", code: "2", errs: "the container is no name of Kubernetes"},
		{args: "web-0 print -f", code: "2", errs: "-f needs a value"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			args := strings.Fields(tt.args)
			for i := range args {
				args[i] = strings.ReplaceAll(args[i], "|", " ")
			}
			cmd := exec.Command("../../deploy/kubectl/kubectl-stoop", args...)
			cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "STOOP_NAMESPACE=")
			var out, errs strings.Builder
			cmd.Stdout, cmd.Stderr = &out, &errs
			_ = cmd.Run()
			code := ""
			if n := cmd.ProcessState.ExitCode(); n != 0 {
				code = string(rune('0' + n))
			}
			if got := strings.Join(strings.Split(strings.TrimSpace(out.String()), "\n"), " "); code != tt.code || got != tt.out || !strings.Contains(errs.String(), tt.errs) {
				t.Errorf("exit %q, runs %q, says %q", code, got, errs.String())
			}
		})
	}
}
