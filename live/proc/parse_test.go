//go:build linux

package proc

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestParseStat(t *testing.T) {
	line := "4242 (a) b (c\nd) S 1 4242 4000 34816 4242 4194304 1 2 3 4 5 6 7 8 20 0 1 0 123456 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 0 0 0 0 0 18 19 20 140000 140100 1 2 0\n"
	s, err := parseStat([]byte(line))
	if err != nil {
		t.Fatal(err)
	}
	if string(s.comm) != "a) b (c\nd" || s.ppid != 1 || s.pgid != 4242 || s.sid != 4000 || s.tty != 34816 || s.startTicks != 123456 {
		t.Errorf("have %+v", s)
	}
	for _, bad := range []string{"", "1", "1 (", "1 (x)", ") (", "1 (x) S 1 2 3"} {
		if _, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("%q is taken for a stat line", bad)
		}
	}
}

func TestParseStatus(t *testing.T) {
	s := parseStatus([]byte("Name:\tx\\ny\nTgid:\t7\nUid:\t0\t1000\t2\t3\nGid:\t4\t5\t6\t7\nNSpid:\t7\t1\nNSpgid:\t7\t1\nNSsid:\t0\t0\nCapInh:\t0000000000000001\nCapPrm:\t000001ffffffffff\nCapEff:\t0000000000000400\n"))
	if s.tgid != 7 || s.uid[1] != 1000 || s.gid[1] != 5 || s.nspid != 1 || s.nsDepth != 2 || s.capEff != 1<<unix.CAP_NET_BIND_SERVICE || s.capPrm != 1<<41-1 {
		t.Errorf("have %+v", s)
	}
}

func TestOverlayUpper(t *testing.T) {
	info := "22 1 8:1 / /boot rw - ext4 /dev/sda1 rw\n" +
		"30 20 0:50 / / rw,relatime - overlay overlay rw,lowerdir=/l1:/l2,upperdir=/var/up,workdir=/var/work\n"
	if got := overlayUpper([]byte(info)); got != "/var/up" {
		t.Errorf("upper directory is %q", got)
	}
	if got := overlayUpper([]byte(info[:44])); got != "" {
		t.Errorf("without an overlay it is %q", got)
	}
}

func TestHosts(t *testing.T) {
	var got []string
	eachHost([]byte("127.0.0.1 localhost lo # x\n::1\tip6\n# 1.1.1.1 no\nbad name\n10.0.0.9\n10.1.2.3 db.shop"), func(a netip.Addr, name string) {
		got = append(got, a.String()+"="+name)
	})
	if want := []string{"127.0.0.1=localhost", "127.0.0.1=lo", "::1=ip6", "10.1.2.3=db.shop"}; !slices.Equal(got, want) {
		t.Errorf("have %q, want %q", got, want)
	}
}

func FuzzProcFiles(f *testing.F) {
	f.Add([]byte("1 (x) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21"))
	f.Add([]byte("Uid:\t0\t0\nNSpid:\t\nCapEff:\tzz"))
	f.Add([]byte("root:x:0:0:root:/root:/bin/sh\n:::\n"))
	f.Add([]byte("30 20 0:50 / / rw - overlay overlay upperdir=\n"))
	f.Fuzz(func(_ *testing.T, b []byte) {
		_, _ = parseStat(b)
		parseStatus(b)
		parsePasswd(b)
		parseGroup(b)
		eachHost(b, func(netip.Addr, string) {})
		overlayUpper(b)
		parseCgroups(b)
		n := netspace{byIno: map[uint64]socket{}, listen: map[uint16]bool{}}
		n.inetLine(string(b), 0, 0)
		n.unixLine(string(b))
	})
}

// userRoot makes a /proc in which process 1's root holds the given files.
func userRoot(t *testing.T, files map[string]string) (proc, root string) {
	t.Helper()
	proc, root = t.TempDir(), t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "etc"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(root, "etc", name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(proc, "1"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(root, filepath.Join(proc, "1", "root")); err != nil {
		t.Fatal(err)
	}
	return proc, root
}

func TestUsers(t *testing.T) {
	proc, root := userRoot(t, map[string]string{
		"passwd": "root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:/bin/x\nweb:x:1000:1000::/srv:/sbin/nologin\nbroken\n",
		"group":  "root:x:0:\nstaff:x:50:web\n",
	})
	u := newUserDBs(proc)
	now := time.Now()
	u.now = func() time.Time { return now }
	db := u.of(7, 1, nobody)
	if db.users[0].name != "root" || db.users[1000] != (account{"web", "/srv", "/sbin/nologin"}) || db.groups[50] != "staff" {
		t.Errorf("have %+v, %+v", db.users, db.groups)
	}
	if err := os.WriteFile(filepath.Join(root, "etc/passwd"), []byte("admin:x:0:0::/:/bin/sh\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(filepath.Join(root, "etc/passwd"), now, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if got := u.of(7, 1, nobody).users[0].name; got != "root" {
		t.Errorf("read again at once: %q", got)
	}
	now = now.Add(2 * time.Second)
	if got := u.of(7, 1, nobody).users[0].name; got != "admin" {
		t.Errorf("a changed file still says %q", got)
	}
}

// Images that are built reproducibly have files from 1970.
func TestUsersOfAnOldFile(t *testing.T) {
	proc, root := userRoot(t, map[string]string{"passwd": "root:x:0:0:root:/root:/bin/sh\n"})
	if err := os.Chtimes(filepath.Join(root, "etc/passwd"), time.Unix(0, 0), time.Unix(0, 0)); err != nil {
		t.Fatal(err)
	}
	if name := newUserDBs(proc).of(7, 1, nobody).users[0].name; name != "root" {
		t.Errorf("user 0 is %q", name)
	}
}

// What a container may put in the place of its files must not be followed.
func TestHostileUsers(t *testing.T) {
	for name, make := range map[string]func(path string) error{
		"a link out of the root": func(p string) error { return os.Symlink("/etc/passwd", p) },
		"a climbing link":        func(p string) error { return os.Symlink("../../../../../../etc/passwd", p) },
		"a pipe":                 func(p string) error { return unix.Mkfifo(p, 0o644) },
		"a directory":            func(p string) error { return os.Mkdir(p, 0o755) },
		"too large": func(p string) error {
			return os.WriteFile(p, []byte(strings.Repeat("x:x:1:1::/:/\n", maxPasswd/8)), 0o644)
		},
	} {
		t.Run(name, func(t *testing.T) {
			proc, root := userRoot(t, nil)
			if err := make(filepath.Join(root, "etc", "passwd")); err != nil {
				t.Fatal(err)
			}
			if db := newUserDBs(proc).of(7, 1, nobody); len(db.users) != 0 {
				t.Errorf("read %d users", len(db.users))
			}
		})
	}
}

// nobody else is in the namespace.
func nobody(func(uint32) bool) {}

// A process that has ended is named by those that live beside it, and the next
// one is asked at once.
func TestUsersOfTheDead(t *testing.T) {
	proc, _ := userRoot(t, map[string]string{"passwd": "web:x:33:33::/srv:/sbin/nologin\n"})
	u := newUserDBs(proc)
	u.now = time.Now
	if db := u.of(7, 99, nobody); len(db.users) != 0 {
		t.Errorf("a process that is not there has accounts: %v", db.users)
	}
	if db := u.of(7, 98, slices.Values([]uint32{97, 1})); db.users[33].name != "web" {
		t.Errorf("of another process of the namespace: %v", db.users)
	}
	if db := u.of(7, 96, nobody); db.users[33].name != "web" {
		t.Errorf("forgotten: %v", db.users)
	}
	if db := u.of(8, 99, nobody); len(db.users) != 0 {
		t.Errorf("of another namespace: %v", db.users)
	}
	if db := u.of(8, 1, nobody); db.users[33].name != "web" {
		t.Errorf("the next one was not asked: %v", db.users)
	}
}
