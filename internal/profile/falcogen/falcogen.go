package falcogen

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"time"
)

// How many distinct values there are.
const (
	containers = 400
	commands   = 50_000
	files      = 200_000
	peers      = 20_000
)

// Gen makes alerts. Equal seeds make equal alerts.
type Gen struct {
	r     *rand.Rand
	often *rand.Zipf
	now   time.Time
	buf   []byte
}

// New returns a generator.
func New(seed uint64) *Gen {
	r := rand.New(rand.NewPCG(seed, 1))
	return &Gen{r: r, often: rand.NewZipf(r, 1.1, 8, commands-1), now: time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC)}
}

// Write writes alerts, one a line, until n bytes were written; it returns how
// many alerts they are.
func (g *Gen) Write(w io.Writer, n int64) (alerts int, err error) {
	for n > 0 {
		line := g.Next()
		if _, err := w.Write(line); err != nil {
			return alerts, err
		}
		alerts++
		n -= int64(len(line))
	}
	return alerts, nil
}

// rule is what the alerts of one rule have in common.
type rule struct {
	name, priority, text, tags, evt string
	about                           about
}

// about says what an alert is about.
type about uint8

const (
	aboutFile about = iota
	aboutConnection
	aboutProcess
)

var rules = []rule{
	{"Read sensitive file untrusted", "Warning", "Sensitive file opened for reading by non-trusted program", `"T1555","container","filesystem","host","maturity_stable","mitre_credential_access"`, "openat", aboutFile},
	{"Clear Log Activities", "Warning", "Log files were tampered", `"T1070","NIST_800-53_AU-10","container","filesystem","host","maturity_stable","mitre_defense_evasion"`, "openat", aboutFile},
	{"Write below etc", "Error", "File below /etc opened for writing", `"T1098","container","filesystem","host","maturity_sandbox","mitre_persistence"`, "open", aboutFile},
	{"Redirect STDOUT/STDIN to Network Connection in Container", "Notice", "Redirect stdout/stdin to network connection", `"T1059","container","maturity_stable","mitre_execution","network","process"`, "dup2", aboutConnection},
	{"Contact K8S API Server From Container", "Notice", "Unexpected connection to K8s API Server from container", `"T1565","container","k8s","maturity_stable","mitre_discovery","network"`, "connect", aboutConnection},
	{"Disallowed SSH Connection Non Standard Port", "Notice", "Disallowed SSH Connection", `"T1059","container","host","maturity_stable","mitre_execution","network","process"`, "connect", aboutConnection},
	{"Terminal shell in container", "Notice", "A shell was spawned in a container with an attached terminal", `"T1059","container","maturity_stable","mitre_execution","shell"`, "execve", aboutProcess},
	{"Run shell untrusted", "Notice", "Shell spawned by untrusted binary", `"T1059.004","container","host","maturity_stable","mitre_execution","process","shell"`, "execve", aboutProcess},
	{"Drop and execute new binary in container", "Critical", "Executing binary not part of base image", `"PCI_DSS_11.5.1","TA0003","container","maturity_stable","mitre_persistence","process"`, "execve", aboutProcess},
	{"Fileless execution via memfd_create", "Critical", "Fileless execution via memfd_create", `"T1620","container","host","maturity_stable","mitre_defense_evasion","process"`, "execve", aboutProcess},
}

var (
	programs = []string{"python3", "bash", "sh", "curl", "java", "node", "nginx", "redis-server", "cat", "grep", "nc.traditional", "sshd", "cron", "find", "perl", "php-fpm"}
	parents  = []string{"containerd-shim", "bash", "sh", "python3", "supervisord", "tini", "runc", "systemd"}
	users    = []string{"root", "root", "root", "www-data", "postgres", "app", "nobody"}
	flags    = []string{"--verbose", "-c", "--config=/etc/app/config.yaml", "-x", "--retries 3", "--output json", "-la", "--user app"}
)

// Next returns the next alert with its line feed, valid until the next call.
func (g *Gen) Next() []byte {
	g.now = g.now.Add(time.Duration(g.r.IntN(2_000_000)))
	ru := rules[g.r.IntN(len(rules))]
	c := int(g.often.Uint64()) % containers
	cmd := int(g.often.Uint64())
	name := programs[cmd%len(programs)]
	line := fmt.Sprintf("%s %s /srv/app-%d/job-%d", name, flags[cmd%len(flags)], cmd%97, cmd)
	parent := parents[(cmd/7)%len(parents)]
	id := fmt.Sprintf("%012x", (uint64(c)+1)*0x9e3779b97f4a7%(1<<48))
	user := users[cmd%len(users)]
	stamp := g.now.Format("2006-01-02T15:04:05.000000000")
	pod := fmt.Sprintf("web-%d-%s", c%40, id[:5])
	image := "registry.example.com/shop/service-" + strconv.Itoa(c%50)

	b := append(g.buf[:0], `{"hostname":"node-`...)
	b = strconv.AppendInt(b, int64(c%12), 10)
	b = fmt.Appendf(b, `","output":"%s: %s %s | gparent=%s ggparent=containerd-shim evt_type=%s user=%s user_uid=0 user_loginuid=-1 process=%s proc_exepath=/usr/bin/%s parent=%s command=%s terminal=0 container_id=%s container_name=app container_image_repository=%s container_image_tag=1.%d k8s_pod_name=%s k8s_ns_name=shop-%d"`,
		stamp[11:], ru.priority, ru.text, parents[cmd%len(parents)], ru.evt, user, name, name, parent, line, id, image, c%9, pod, c%8)
	b = fmt.Appendf(b, `,"output_fields":{"container.id":"%s","container.image.repository":"%s","container.image.tag":"1.%d","container.name":"app"`, id, image, c%9)
	if ru.about == aboutProcess {
		b = append(b, `,"evt.arg.flags":"EXE_WRITABLE|EXE_UPPER_LAYER"`...)
	}
	b = fmt.Appendf(b, `,"evt.time":%d,"evt.type":"%s"`, g.now.UnixNano(), ru.evt)
	switch ru.about {
	case aboutFile:
		f := g.r.IntN(files)
		b = fmt.Appendf(b, `,"fd.name":"/var/lib/app-%d/data/%d/file-%d.log"`, f%100, f%1000, f)
	case aboutConnection:
		p := g.r.IntN(peers)
		b = fmt.Appendf(b, `,"fd.l4proto":"tcp","fd.lport":%d,"fd.name":"10.%d.%d.%d:%d->10.96.0.1:443","fd.rport":443,"fd.type":"ipv4"`,
			30000+p%20000, c%4, p/256%256, p%256, 30000+p%20000)
	case aboutProcess:
	}
	b = fmt.Appendf(b, `,"k8s.ns.name":"shop-%d","k8s.pod.name":"%s","proc.aname[2]":"%s","proc.aname[3]":"containerd-shim","proc.aname[4]":null,"proc.cmdline":"%s","proc.exepath":"/usr/bin/%s","proc.name":"%s","proc.pname":"%s","proc.tty":0,"user.loginuid":-1,"user.name":"%s","user.uid":%d}`,
		c%8, pod, parents[cmd%len(parents)], line, name, name, parent, user, cmd%len(users))
	b = fmt.Appendf(b, `,"priority":"%s","rule":"%s","source":"syscall","tags":[%s],"time":"%sZ"}`+"\n", ru.priority, ru.name, ru.tags, stamp)
	g.buf = b
	return b
}
