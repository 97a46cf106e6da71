//go:build linux

package proc

import (
	"bytes"
	"iter"
	"net/netip"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Bounds on what a container may make us read and keep.
const (
	maxPasswd      = 1 << 20 // bytes
	maxAccounts    = 20_000
	maxAccountText = 256
	maxUserDBs     = 1024 // mount namespaces
	maxAsked       = 8    // processes of a namespace for its root
	recheckEvery   = time.Second
	retrySoon      = 100 * time.Millisecond // after a process that ended before its files were read
)

type account struct{ name, home, shell string }

// userDB are the accounts of one mount namespace.
type userDB struct {
	users   map[uint32]account
	groups  map[uint32]string
	mtimes  [3]unix.Timespec
	checked time.Time
	gone    uint32 // whose root could not be opened when it was checked; 0: one was
}

// userDBs names users and groups as the files of the process's own root do:
// uid 1000 may be another user in each container.
type userDBs struct {
	root  string                          // /proc
	hosts func(a netip.Addr, name string) // takes what /etc/hosts names
	dbs   map[uint32]*userDB
	now   func() time.Time
}

func newUserDBs(root string) *userDBs {
	return &userDBs{root: root, dbs: make(map[uint32]*userDB), now: time.Now}
}

// of returns the accounts of a mount namespace that pid is in, and the others.
// The files are looked at again when their times change. The others are asked
// for when pid has ended already.
func (u *userDBs) of(mntns, pid uint32, others iter.Seq[uint32]) *userDB {
	db, now := u.dbs[mntns], u.now()
	if db != nil && now.Sub(db.checked) < recheckEvery && (db.gone == 0 || db.gone == pid) {
		return db
	}
	if db == nil {
		if len(u.dbs) >= maxUserDBs {
			clear(u.dbs)
		}
		db = &userDB{}
		for i := range db.mtimes {
			db.mtimes[i].Nsec = -1 // no file's: those of images are often from 1970 sharp
		}
		u.dbs[mntns] = db
	}
	db.checked = now
	dir, err := u.openRoot(pid)
	if err != nil {
		for other := range others {
			if dir, err = u.openRoot(other); err == nil {
				break
			}
		}
	}
	db.gone = 0
	if err != nil { // all have ended: ask the next one, or soon again
		db.gone = pid
		db.checked = now.Add(retrySoon - recheckEvery)
		return db
	}
	defer unix.Close(dir)
	if text, ok := readBelow(dir, "etc/passwd", &db.mtimes[0]); ok {
		db.users = parsePasswd(text)
	}
	if text, ok := readBelow(dir, "etc/group", &db.mtimes[1]); ok {
		db.groups = parseGroup(text)
	}
	if text, ok := readBelow(dir, "etc/hosts", &db.mtimes[2]); ok && u.hosts != nil {
		eachHost(text, u.hosts)
	}
	return db
}

// openRoot opens the root directory of a process.
func (u *userDBs) openRoot(pid uint32) (int, error) {
	return unix.Open(filepath.Join(u.root, strconv.FormatUint(uint64(pid), 10), "root"), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
}

// readBelow reads a file of a root that is not ours. Links are followed inside
// of that root only, and what is no plain file, or is too large, is not read.
// ok is false when there is nothing new since mtime.
func readBelow(dir int, path string, mtime *unix.Timespec) (text []byte, ok bool) {
	fd, err := unix.Openat2(dir, path, &unix.OpenHow{
		Flags:   unix.O_RDONLY | unix.O_CLOEXEC | unix.O_NONBLOCK | unix.O_NOCTTY,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS,
	})
	if err != nil {
		return nil, false
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFREG || st.Size > maxPasswd || st.Mtim == *mtime {
		return nil, false
	}
	*mtime = st.Mtim
	text = make([]byte, st.Size)
	n := 0
	for n < len(text) {
		m, err := unix.Read(fd, text[n:])
		if err != nil || m == 0 {
			break
		}
		n += m
	}
	return text[:n], true
}

// parsePasswd reads passwd(5). The first line of an id wins, as in getpwuid.
func parsePasswd(text []byte) map[uint32]account {
	users := make(map[uint32]account)
	eachAccount(text, 7, func(f [][]byte, id uint32) {
		if _, ok := users[id]; !ok {
			users[id] = account{string(f[0]), string(f[5]), string(f[6])}
		}
	})
	return users
}

// parseGroup reads group(5).
func parseGroup(text []byte) map[uint32]string {
	groups := make(map[uint32]string)
	eachAccount(text, 3, func(f [][]byte, id uint32) {
		if _, ok := groups[id]; !ok {
			groups[id] = string(f[0])
		}
	})
	return groups
}

// eachAccount calls yield with the columns of each good line, whose third
// column is its id.
func eachAccount(text []byte, columns int, yield func(f [][]byte, id uint32)) {
	for n := 0; len(text) > 0 && n < maxAccounts; n++ {
		line, rest, _ := bytes.Cut(text, []byte{'\n'})
		text = rest
		f := bytes.Split(line, []byte{':'})
		if len(f) < columns || len(f[0]) == 0 || len(line) > 3*maxAccountText || len(f[0]) > maxAccountText {
			continue
		}
		id, err := strconv.ParseUint(string(f[2]), 10, 32)
		if err != nil {
			continue
		}
		yield(f, uint32(id))
	}
}

// eachHost calls yield with each name in a hosts(5).
func eachHost(text []byte, yield func(a netip.Addr, name string)) {
	for n := 0; len(text) > 0 && n < maxAccounts; n++ {
		line, rest, _ := bytes.Cut(text, []byte{'\n'})
		text = rest
		line, _, _ = bytes.Cut(line, []byte{'#'})
		f := bytes.Fields(line)
		if len(f) < 2 || len(line) > 3*maxAccountText {
			continue
		}
		a, err := netip.ParseAddr(string(f[0]))
		if err != nil {
			continue
		}
		for _, name := range f[1:] {
			yield(a.WithZone(""), string(name))
		}
	}
}
