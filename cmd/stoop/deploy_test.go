package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// watched parses the arguments of a stoop watch, or says what is wrong with them.
func watched(t *testing.T, args []string) *watchCmd {
	t.Helper()
	var c cli
	parser, err := kong.New(&c, kong.Name("stoop"), kong.Bind(&app{}))
	if err != nil {
		t.Fatal(err)
	}
	k, err := parser.Parse(args)
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	if k.Command() != "watch <source>" || !slices.Equal(c.Watch.Sources, []string{"live"}) {
		t.Fatalf("%v is %s of %v", args, k.Command(), c.Watch.Sources)
	}
	return &c.Watch
}

var watchCapabilities = []string{"BPF", "DAC_READ_SEARCH", "PERFMON", "SYS_PTRACE"}

// The unit starts what there is, with the least that it takes.
func TestUnit(t *testing.T) {
	text, err := os.ReadFile("../../deploy/systemd/stoop-watch.service")
	if err != nil {
		t.Fatal(err)
	}
	keys := make(map[string]string)
	section := ""
	for n, line := range strings.Split(string(text), "\n") {
		switch key, value, ok := strings.Cut(line, "="); {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			section = strings.Trim(line, "[]")
		case !ok || section == "":
			t.Errorf("line %d is no setting: %s", n+1, line)
		default:
			keys[section+"."+key] = value
		}
	}
	words := strings.Fields(keys["Service.ExecStart"])
	if len(words) < 2 || words[0] != "/usr/local/bin/stoop" {
		t.Fatalf("ExecStart is %v", words)
	}
	watched(t, words[1:])
	caps := strings.Fields(strings.ReplaceAll(keys["Service.CapabilityBoundingSet"], "CAP_", ""))
	slices.Sort(caps)
	if !slices.Equal(caps, watchCapabilities) {
		t.Errorf("%v", caps)
	}
	for key, want := range map[string]string{"Service.NoNewPrivileges": "yes", "Service.ProtectSystem": "strict", "Install.WantedBy": "multi-user.target"} {
		if keys[key] != want {
			t.Errorf("%s is %q", key, keys[key])
		}
	}
}

// What the DaemonSet names is there, in the manifest and in stoop.
func TestDaemonSet(t *testing.T) {
	text, err := os.ReadFile("../../deploy/kubernetes/daemonset.yaml")
	if err != nil {
		t.Fatal(err)
	}
	type named struct{ Name string }
	type object struct {
		Kind     string
		Metadata named
		Spec     struct {
			Template struct {
				Spec struct {
					HostPID    bool   `yaml:"hostPID"`
					Account    string `yaml:"serviceAccountName"`
					Containers []struct {
						Args            []string
						SecurityContext struct {
							Privileged   bool
							Capabilities struct{ Add, Drop []string }
						} `yaml:"securityContext"`
						Env []struct {
							Name      string
							ValueFrom struct {
								Secret named `yaml:"secretKeyRef"`
							} `yaml:"valueFrom"`
						}
						Mounts []struct {
							Name string
							Path string `yaml:"mountPath"`
						} `yaml:"volumeMounts"`
					}
					Volumes []named
				}
			}
		}
	}
	objects := make(map[string]object)
	var set object
	for dec := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var o object
		if err := dec.Decode(&o); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		objects[o.Kind+" "+o.Metadata.Name] = o
		if o.Kind == "DaemonSet" {
			set = o
		}
	}
	pod := set.Spec.Template.Spec
	if len(pod.Containers) != 1 || !pod.HostPID {
		t.Fatalf("%+v", pod)
	}
	c := pod.Containers[0]
	w := watched(t, c.Args)
	if _, ok := objects["ServiceAccount "+pod.Account]; !ok {
		t.Errorf("there is no account %s", pod.Account)
	}
	env := make(map[string]bool)
	for _, e := range c.Env {
		env[e.Name] = true
		if s := e.ValueFrom.Secret.Name; s != "" && objects["Secret "+s].Kind == "" {
			t.Errorf("there is no secret %s", s)
		}
	}
	for _, to := range w.To {
		if name, ok := strings.CutPrefix(to, "env:"); ok && !env[name] {
			t.Errorf("there is no variable %s", name)
		}
	}
	mounted := make(map[string]bool)
	for _, m := range c.Mounts {
		mounted[m.Path] = true
		if !slices.Contains(pod.Volumes, named{m.Name}) {
			t.Errorf("there is no volume %s", m.Name)
		}
	}
	for _, r := range w.Rules {
		if strings.HasPrefix(r, "/") && !mounted[r] {
			t.Errorf("%s is not mounted", r)
		}
	}
	caps := slices.Sorted(slices.Values(c.SecurityContext.Capabilities.Add))
	if !slices.Equal(caps, watchCapabilities) || !slices.Equal(c.SecurityContext.Capabilities.Drop, []string{"ALL"}) || c.SecurityContext.Privileged {
		t.Errorf("%+v", c.SecurityContext)
	}
}
