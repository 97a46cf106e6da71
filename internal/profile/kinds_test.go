package profile

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

// checkFields compares fields of a document, name=value in lines, with what they read
// as; a name without = is missing. It returns the name of the profile.
func checkFields(t *testing.T, doc []byte, fields string) string {
	t.Helper()
	m, e, err := builtIn().Choose(event.NewTables).Map(doc)
	if err != nil {
		t.Errorf("%v: %.200s", err, doc)
		return ""
	}
	b := event.NewBatch(m.t, 1, 1)
	b.Append(e, doc)
	for _, line := range strings.Split(strings.TrimSpace(fields), "\n") {
		name, want, has := strings.Cut(strings.TrimSpace(line), "=")
		f, a := fieldNamed(name)
		if f == nil {
			t.Fatalf("there is no field %s", name)
		}
		if v, ok := f.Get(b.Row(0), a); ok != has || ok && v.String() != want {
			t.Errorf("%s: %s is %q (%v), want %q (%v)", m.p.Name, name, v.String(), ok, want, has)
		}
	}
	return m.p.Name
}

// Real documents of each kind, and what is in them.
func TestKinds(t *testing.T) {
	for _, tt := range []struct {
		file    string
		line    int
		profile string
		fields  string
	}{
		{"siem/cloud-defend/alerts.ndjson", 1, "cloud-defend", `evt.type=execve
			evt.action=blocked
			alert.priority=Critical
			alert.origin=elastic
			proc.name=nginx
			proc.pid=2
			proc.exepath=/bin/nginx
			proc.ppid=1
			user.name=root
			user.uid=0
			group.name=nginx
			container.id=b781c8e5-8bf9-445e-aef2-25020af698df
			container.image.repository=nginx
			container.image.tag=latest
			k8s.pod.name=nginx-pod
			k8s.ns.name=default
			fd.name=/bin/nginx
			proc.entity_id=7241730b-b86d-4028-a8a8-83d8bbecfd6a`},
		{"siem/endpoint-session/session_view.ndjson", 1, "endpoint", `evt.type=execve
			evt.rawtime=1637674816541000000
			evt.hostname=james-fleet-714-2
			proc.name=bash
			proc.cmdline=bash
			proc.exe=/bin/bash
			proc.cwd=/home/kg/
			proc.pid=3
			proc.pid.ts=1634198734853000000
			proc.pname=sshd
			proc.pcmdline=sshd
			proc.ppid=2
			proc.aname[1]=sshd
			proc.sname=bash
			proc.sid=3
			proc.entry.type=sshd
			proc.entity_id=4321
			user.name=kg
			user.uid=2
			alert.rule`},
		{"siem/zeek-elastic/connection.ndjson", 1, "zeek", `evt.type=connection
			evt.dataset=zeek.connection
			fd.name=4.4.2.2:38334->8.8.8.8:53
			fd.sip=8.8.8.8
			fd.sport=53
			fd.l4proto=udp
			net.protocol=dns
			net.bytes_sent=103
			net.bytes_received=206
			net.duration=76967000
			net.state=SF
			evt.id=CAcJw21BbVedgFnYH5
			proc.name
			alert.rule`},
		{"siem/wazuh/docker.ndjson", 1, "wazuh", `evt.type=container
			evt.rawtime=1538752533892000000
			alert.rule=Container apache started
			alert.severity=3
			alert.priority=Informational
			alert.tags=(docker)
			container.id=018205fa7e17
			container.name=apache
			container.image.repository=httpd`},
		{"siem/k8s-audit-elastic/expected.ndjson", 1, "k8s-audit", `ka.verb=get
			ka.auth.decision=allow
			ka.user.name=system:serviceaccount:kube-system:elastic-agent
			ka.user.groups=(system:serviceaccounts,system:serviceaccounts:kube-system,system:authenticated)
			ka.target.resource=leases
			ka.target.pod.name
			ka.sourceips[0]=(67.43.156.1)
			ka.sourceips[1]
			ka.response.code=200
			jevt.value[/stage]=ResponseComplete
			json.value[/objectRef/namespace]=kube-system
			evt.source=k8s_audit
			evt.type=pluginevent`},
		{"siem/tetragon-raw/events.ndjson", 1, "tetragon", `evt.type=close
			proc.name=curl
			proc.cmdline=curl www.google.com
			proc.pid=115153
			proc.pname=bash
			fd.name=10.88.0.7:49168->142.250.180.196:80
			net.bytes_received=15221
			user.loginuid=-1
			container.id=86eb9e29a77d
			container.type=docker
			container.image.tag=latest
			container.image.digest=sha256:ff3aa5862fd17f8695984609743f4523188984adbcd25cf5ac4224b71084558c
			k8s.pod.name=elasticsearch-56f8fc6988-pb8c7
			evt.hostname=minikube`},
		{"siem/tetragon-elastic/pipeline.derived.ndjson", 1, "tetragon", `evt.type=close
			proc.cmdline=curl www.google.com
			fd.sip=142.250.180.196`},
		{"siem/falco-elastic/sample_event.ndjson", 1, "falco-elastic", `alert.rule=Run shell untrusted
			alert.priority=Notice
			alert.source=syscall
			proc.name=bash
			proc.pexe=/tmp/falco-event-generator3282684109/httpd
			container.id=2ae6a7f15b6e
			evt.rawtime=1723038556479964318
			evt.hostname=e822ea6618ae`},
	} {
		docs := documents(t, tt.file)
		if got := checkFields(t, docs[tt.line-1], tt.fields); got != tt.profile {
			t.Errorf("%s:%d is read by %q, want %q", tt.file, tt.line, got, tt.profile)
		}
	}
}

// All of Tetragon's events are of a type, have a process and a pod, and say the
// same through Elastic's integration.
func TestTetragonTypes(t *testing.T) {
	counts := map[string]int{}
	raw, elastic := documents(t, "siem/tetragon-raw/events.ndjson"), documents(t, "siem/tetragon-elastic/pipeline.derived.ndjson")
	for i := range raw {
		want, got := fieldsOf(t, raw[i]), fieldsOf(t, elastic[i])
		counts[want["evt.type"]]++
		for _, name := range []string{"evt.type", "proc.name", "proc.cmdline", "proc.pid", "proc.pname", "fd.name", "container.id", "k8s.pod.name"} {
			if got[name] != want[name] || want["proc.name"] == "" {
				t.Errorf("event %d: %s is %q and %q", i+1, name, want[name], got[name])
			}
		}
	}
	if got := fmt.Sprint(counts); got != "map[close:4 connect:5 execve:21 listen:2 procexit:9 read:1 write:1]" {
		t.Errorf("types %s", got)
	}
}

// Shapes of documents that the test data has no real ones of, as their makers
// describe them.
func TestDescribedKinds(t *testing.T) {
	for _, tt := range []struct{ profile, doc, fields string }{
		{
			"zeek", `{"@timestamp":"2026-01-01T00:00:00Z","event":{"dataset":"zeek.dns","outcome":"success"},"source":{"ip":"10.0.0.5","port":4000},"destination":{"ip":"10.0.0.53","port":53},
			"network":{"transport":"udp","protocol":"dns"},"dns":{"question":{"name":"evil.example","type":"A"},"response_code":"NOERROR","answers":[{"data":"6.6.6.6","type":"A"}],"resolved_ip":["6.6.6.6","6.6.6.7"]},"zeek":{"session_id":"C1","dns":{"qtype_name":"A"}}}`,
			"net.host=evil.example\nnet.request=A\nnet.status=NOERROR\nnet.answers=(6.6.6.6,6.6.6.7)\nevt.id=C1\nevt.type=connection",
		},
		{
			"zeek", `{"@timestamp":"2026-01-01T00:00:00Z","event.dataset":"zeek.http","source.ip":"10.0.0.5","destination.ip":"1.2.3.4","destination.port":80,
			"http":{"request":{"method":"POST"},"response":{"status_code":404}},"url":{"domain":"x.example","original":"/a?b=c"},"user_agent":{"original":"curl/8"},"zeek":{"session_id":"C2","http":{"tags":[]}}}`,
			"net.method=POST\nnet.request=/a?b=c\nnet.status=404\nnet.host=x.example\nnet.user_agent=curl/8\nnet.protocol=http\nfd.sport=80",
		},
		{
			"zeek", `{"@timestamp":"2026-01-01T00:00:00Z","data_stream":{"dataset":"zeek.ssl"},"source":{"ip":"::1"},"destination":{"ip":"::2","port":443},"tls":{"client":{"server_name":"y.example"},"established":true},"zeek":{"ssl":{"established":true}}}`,
			"net.host=y.example\nnet.protocol=ssl\nnet.status=true\nfd.type=ipv6",
		},
		{
			"zeek", `{"@timestamp":"2026-01-01T00:00:00Z","event":{"dataset":"zeek.ssh","outcome":"failure","action":"ssh_login"},"source":{"ip":"9.9.9.9"},"zeek":{"ssh":{"client":"SSH-2.0-Go","auth":{"success":false,"attempts":5}}}}`,
			"evt.outcome=failure\nevt.action=ssh_login\nnet.protocol=ssh\nnet.status=false\nnet.user_agent=SSH-2.0-Go",
		},
		{
			"zeek", `{"@timestamp":"2026-01-01T00:00:00Z","event":{"dataset":"zeek.notice","kind":"alert"},"rule":{"name":"Scan::Port_Scan","description":"1.1.1.1 scanned 15 ports"},"source":{"ip":"1.1.1.1"},"zeek":{"notice":{"note":"Scan::Port_Scan","msg":"1.1.1.1 scanned 15 ports","sub":"remote"}}}`,
			"alert.rule=Scan::Port_Scan\nalert.output=1.1.1.1 scanned 15 ports\nalert.priority=Notice\nalert.origin=zeek\nfd.cip=1.1.1.1\nlog.message=remote",
		},
		{
			"zeek", `{"@timestamp":"2026-01-01T00:00:00Z","event":{"dataset":"zeek.files"},"zeek":{"session_id":"C3","files":{"filename":"x.sh","mime_type":"text/x-shellscript"}}}`,
			"net.request=x.sh\nevt.dataset=zeek.files",
		},
		{
			"container-logs", `{"@timestamp":"2026-01-01T00:00:00Z","message":"GET / 200","stream":"stdout","container":{"id":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","runtime":"containerd","image":{"name":"docker.io/shop/web:2.4.1"}},
			"kubernetes":{"pod":{"name":"web-0","uid":"u","ip":"10.0.0.7"},"namespace":"shop","container":{"name":"web"},"node":{"name":"node-1"},"labels":{"app_kubernetes_io/name":"web"}}}`,
			"evt.type=log\nlog.message=GET / 200\nlog.stream=stdout\ncontainer.id=0123456789ab\ncontainer.name=web\ncontainer.image.repository=docker.io/shop/web\ncontainer.image.tag=2.4.1\nk8s.pod.name=web-0\nk8s.ns.name=shop\nk8s.pod.ip=10.0.0.7\nevt.hostname=node-1\nk8s.pod.label[app_kubernetes_io/name]=web\nevt.source=container_logs\nalert.rule",
		},
		{
			"container-logs", `{"@timestamp":"2026-01-01T00:00:00Z","stream":"stderr","logtag":"F","log":"panic: x","kubernetes":{"pod_name":"web-0","namespace_name":"shop","pod_id":"u","host":"node-1","container_name":"web","docker_id":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","container_image":"docker.io/shop/web:2.4.1","labels":{"app":"web"}}}`,
			"log.message=panic: x\nlog.stream=stderr\ncontainer.full_id=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\nk8s.pod.name=web-0\nk8s.pod.label[app]=web\nevt.hostname=node-1",
		},
		{
			"elastic-alerts", `{"@timestamp":"2026-01-01T00:00:00Z","kibana.alert.rule.name":"Shell in a container","kibana.alert.uuid":"a1","kibana.alert.severity":"high","kibana.alert.workflow_status":"open","kibana.alert.reason":"process event with process bash",
			"kibana.alert.rule.tags":["Domain: Container"],"kibana.alert.rule.type":"eql","kibana.alert.rule.threat":[{"technique":[{"id":"T1059","subtechnique":[{"id":"T1059.004"}]}]}],"kibana.alert.ancestors":[{"id":"e1","depth":0},{"id":"e2","depth":0}],
			"kibana.alert.group.id":"g1","kibana.alert.building_block_type":"default","kibana.alert.original_event.action":"exec","event":{"kind":"signal","action":"exec"},"process":{"name":"bash","pid":7,"entity_id":"p1"},"container":{"id":"0123456789abcdef"},"orchestrator":{"resource":{"name":"web-0","type":"pod"},"namespace":"shop"}}`,
			"alert.rule=Shell in a container\nalert.id=a1\nalert.priority=Error\nalert.severity=high\nalert.status=open\nalert.origin=elastic\nalert.tags=(Domain: Container)\nalert.mitre=(T1059.004)\nalert.ancestors=(e1,e2)\nalert.group=g1\nalert.building_block=true\nevt.type=execve\nproc.name=bash\nk8s.pod.name=web-0\ncontainer.id=0123456789ab",
		},
		{
			"elastic-alerts", `{"@timestamp":"2026-01-01T00:00:00Z","kibana":{"alert":{"rule":{"name":"Sequence","uuid":"r","type":"eql"},"uuid":"a2","severity":"critical","group":{"id":"g1"},"depth":2,"ancestors":[{"id":"a1"}]}}}`,
			"alert.rule=Sequence\nalert.priority=Critical\nalert.group=g1\nalert.ancestors=(a1)\nalert.building_block=false\nevt.type=log",
		},
		{
			"endpoint", `{"@timestamp":"2026-01-01T00:00:00Z","event":{"kind":"event","category":["network"],"action":"connection_attempted","dataset":"endpoint.events.network"},"process":{"entity_id":"p","name":"nc","pid":9,"executable":"/usr/bin/nc","args":["nc","-e","/bin/sh -i"]},"source":{"ip":"10.0.0.7","port":4000},"destination":{"ip":"6.6.6.6","port":4444},"network":{"transport":"tcp"},"user":{"name":"root","id":"0"}}`,
			"evt.type=connect\nfd.name=10.0.0.7:4000->6.6.6.6:4444\nfd.rip=6.6.6.6\nfd.is_server=false\nproc.args=-e /bin/sh -i\nproc.args[1]=/bin/sh -i\nproc.cmdline=nc -e /bin/sh -i\nuser.uid=0",
		},
		{
			"cloud-defend", `{"@timestamp":"2026-01-01T00:00:00Z","event":{"kind":"event","category":"process","action":"exec","dataset":"cloud_defend.process"},"process":{"entity_id":"p","name":"sh","interactive":true,"parent":{"name":"runc"}},"container":{"id":"0123456789abcdef","image":{"name":"web","tag":"1"}},"orchestrator":{"resource":{"name":"web-0","type":"pod","label":{"app":"web"}},"namespace":"shop"}}`,
			"evt.type=execve\nproc.pname=runc\nk8s.pod.name=web-0\ncontainer.image=web\ncontainer.image.tag=1\nk8s.pod.label[app]=web\nalert.rule",
		},
		{
			"wazuh", `{"timestamp":"2026-01-01T00:00:00.000+0000","rule":{"level":12,"description":"x","id":"1","groups":["syscheck"],"mitre":{"id":["T1565.001"]}},"agent":{"name":"node-1"},"manager":{"name":"m"},"id":"1.2","syscheck":{"path":"/etc/passwd","event":"modified","audit":{"process":{"id":"77","name":"/usr/bin/vi"},"user":{"name":"root","id":"0"}}}}`,
			"alert.priority=Critical\nalert.mitre=(T1565.001)\nfd.name=/etc/passwd\nproc.name=vi\nproc.pid=77\nevt.action=modified\nevt.hostname=node-1",
		},
		{
			"falco", `{"timestamp":"x","rule":{"level":3,"description":"d"},"agent":{"name":"n"},"data":{"rule":"Shell","priority":"Warning","time":"2026-01-01T00:00:00Z","output":"o","output_fields":{"proc":{"name":"sh"}}}}`,
			"alert.rule=Shell\nalert.priority=Warning\nproc.name=sh",
		},
		{
			"ecs", `{"@timestamp":1767225600000,"event":{"action":"open","module":"auditd"},"process":{"name":"cat","args":"cat /etc/shadow"},"file":{"path":"/etc/shadow"},"message":"m"}`,
			"evt.rawtime=1767225600000000000\nevt.type=open\nproc.name=cat\nfd.name=/etc/shadow\nlog.message=m\nevt.source=syscall",
		},
	} {
		if got := checkFields(t, []byte(strings.ReplaceAll(tt.doc, "\n\t\t\t", "")), tt.fields); got != tt.profile {
			t.Errorf("%s\nis read by %q, want %q", tt.doc, got, tt.profile)
		}
	}
}

// Documents that are not as they should be are shown all the same.
func TestHostile(t *testing.T) {
	big := strings.Repeat("x", 1<<20)
	for _, tt := range []struct{ doc, fields string }{
		// Objects and dots mixed; the last of the same counts.
		{`{"process.entity_id":"e","process":{"name":"a","parent.name":"p","parent":{"pid":7}},"process.parent":{"executable":"/p"},"process.name":"b"}`, "proc.name=b\nproc.pname=p\nproc.ppid=7\nproc.pexepath=/p"},
		// Arrays for one value, null, wrong types.
		{
			`{"process":{"entity_id":["e","f"],"name":[null,"a","b"],"pid":"7","executable":{"path":"/x"},"args":"a b","start":"never"},"user":[{"name":"root"},{"name":"app"}],"@timestamp":[1767225600]}`,
			"proc.name=a, b\nproc.pid=7\nproc.exepath\nproc.entity_id=e, f\nevt.rawtime=1767225600000000000",
		},
		{`{"process":{"entity_id":"e","pid":null,"name":true,"user":null},"user":{"id":"S-1-5-18","name":5}}`, "proc.pid\nproc.name=true\nuser.uid\nuser.name=5"},
		{`{"rule":["r"],"priority":{"a":1},"output_fields":[1,2],"time":{}}`, "alert.rule=r\nalert.priority"},
		{`{"rule":"r","priority":"7","output_fields":{"user.uid":"abc","fd.sip":"nowhere","evt.cpu":1e99}}`, "alert.rule=r\nuser.uid\nfd.sip"},
		{`{"@timestamp":"2026-01-01","message":"` + big + `","process":{"name":"` + big + `"}}`, "proc.name=" + big},
	} {
		if checkFields(t, []byte(tt.doc), tt.fields) == "" {
			continue
		}
		// Whatever a member is, it is printed.
		m, e, _ := builtIn().Choose(event.NewTables).Map([]byte(tt.doc))
		b := event.NewBatch(m.t, 1, 1)
		b.Append(e, []byte(tt.doc))
		if out := event.NewJSON(nil).Append(nil, b.Row(0)); !json.Valid(out) || len(out) < 100 {
			t.Errorf("%.100s is printed as %.300s", tt.doc, out)
		}
	}
}
