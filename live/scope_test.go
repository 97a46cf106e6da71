//go:build linux

package live

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/source"
)

// marks are what a process tries to open, by the mark: /mark/NAME is no file.
func (w *watched) marks() map[string]row {
	w.mu.Lock()
	defer w.mu.Unlock()
	found := make(map[string]row)
	for _, r := range w.rows {
		if mark, ok := strings.CutPrefix(r.text(r.obj().Name), "/mark/"); ok {
			found[mark] = r
		}
	}
	return found
}

// called links a program to another name, by which its processes are called.
func called(t *testing.T, program, name string) string {
	t.Helper()
	link := filepath.Join(t.TempDir(), name)
	if err := os.Symlink(program, link); err != nil {
		t.Fatal(err)
	}
	return link
}

// running starts a process that does its work once go is called.
func running(t *testing.T, cmd *exec.Cmd) (begin func()) {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("%s says %q: %v", cmd.Path, line, err)
	}
	return func() {
		fmt.Fprintln(in)
		_, _ = io.Copy(io.Discard, out)
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v", cmd.Path, err)
		}
	}
}

// act is what processes of the tests below do that no shell can: this program
// is started again with actorPart in its environment.
func act() {
	part := os.Getenv(actorPart)
	if part == "" {
		return
	}
	must := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	look := func(mark string) { _, _ = unix.Open("/mark/"+mark, unix.O_RDONLY, 0) }
	fmt.Println("ready")
	_, err := bufio.NewReader(os.Stdin).ReadString('\n')
	must(err)
	switch part {
	case "thread":
		done := make(chan struct{})
		runtime.LockOSThread() // so that the other goroutine has a thread of its own
		go func() {
			defer close(done)
			runtime.LockOSThread()
			must(os.WriteFile(fmt.Sprintf("/proc/self/task/%d/comm", unix.Gettid()), []byte("a-thread"), 0))
			look("thread")
		}()
		<-done
	case "user":
		must(os.Chdir("/usr/lib"))
		look("as-root")
		must(syscall.Setresuid(scopedUID, scopedUID, 0))
		look("as-user")
	}
	os.Exit(0)
}

const actorPart = "STOOP_SCOPE_ACTOR"

const scopedUID = 4711

func actor(t *testing.T, part, name string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(called(t, self, name))
	cmd.Env = append(os.Environ(), actorPart+"="+part)
	return cmd
}

// A filter on the name of processes is narrowed to them in the kernel: those
// that ran before stoop did, their threads whatever those call themselves, and
// their children.
func TestScopeOfName(t *testing.T) {
	needRoot(t)
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Fatal(err)
	}
	const script = `echo ready; read go
: </mark/early; (: </mark/child)
echo -n other >/proc/$$/comm; : </mark/renamed-away
exec %s -c ': </mark/execed-away; true'`
	early := running(t, exec.Command(called(t, bash, "wanted"), "-c", fmt.Sprintf(script, called(t, bash, "other"))))
	thread := running(t, actor(t, "thread", "wanted"))
	comes := running(t, exec.Command(called(t, bash, "other"), "-c", `cd /usr/lib; echo ready; read go
: </mark/before-it-came; cd /usr/bin; echo -n wanted >/proc/$$/comm; : </mark/came; true`))
	flood := exec.Command(called(t, bash, "other"), "-c", "for ((i = 0; i < 20000; i++)); do : </mark/flood; done 2>/dev/null")

	w := watchFor(t, "proc.name = wanted and evt.type in (open, openat)", source.Options{})
	before := w.Stats().Taken
	if err := flood.Run(); err == nil {
		t.Error("/mark/flood is there")
	}
	early()
	thread()
	comes()
	_ = exec.Command(called(t, bash, "wanted"), "-c", ": </mark/late").Run()
	w.await(t, "the last mark", func(r row) bool { return r.text(r.obj().Name) == "/mark/late" })
	time.Sleep(3 * tick)
	if n := w.Stats().Taken - before; n > 10_000 {
		t.Errorf("%d records were taken: those of others were not dropped in the kernel", n)
	}
	got := w.marks()
	for mark, name := range map[string]string{
		"early": "wanted", "child": "wanted", "thread": "wanted", "came": "wanted", "late": "wanted",
		"renamed-away": "other", // let through: a moment ago it was wanted
	} {
		if r, ok := got[mark]; !ok || r.text(r.proc().Name) != name {
			t.Errorf("%s: seen %v, of %q; want %q", mark, ok, r.nameIf(ok), name)
		}
	}
	for _, mark := range []string{"flood", "before-it-came", "execed-away"} {
		if r, ok := got[mark]; ok {
			t.Errorf("%v is of no process that is wanted", r)
		}
	}
	if r, ok := got["came"]; ok && r.text(r.proc().Cwd) != "/usr/bin/" {
		t.Errorf("where it went before it was wanted is not known: it is in %q", r.text(r.proc().Cwd))
	}
	if s := w.Stats(); s.Taken != s.Passed+s.Dropped {
		t.Errorf("%d taken are not %d passed and %d dropped", s.Taken, s.Passed, s.Dropped)
	}
}

func (r row) nameIf(ok bool) string {
	if !ok {
		return ""
	}
	return r.text(r.proc().Name)
}

// A filter on the user is narrowed to what is done as that user, from the
// moment on that a process becomes it.
func TestScopeOfUser(t *testing.T) {
	needRoot(t)
	user := running(t, actor(t, "user", "becomes-user"))
	w := watchFor(t, fmt.Sprintf("user.uid = %d and evt.type in (open, openat)", scopedUID), source.Options{})
	_ = exec.Command("bash", "-c", ": </mark/root").Run()
	user()
	late := exec.Command("bash", "-c", ": </mark/late")
	late.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: scopedUID, Gid: scopedUID}}
	_ = late.Run()
	w.await(t, "the last mark", func(r row) bool { return r.text(r.obj().Name) == "/mark/late" })
	got := w.marks()
	for _, mark := range []string{"root", "as-root"} {
		if r, ok := got[mark]; ok {
			t.Errorf("%v was done as root", r)
		}
	}
	r, ok := got["as-user"]
	if !ok {
		t.Fatal("a process that became the user is not seen")
	}
	compare(t, r, map[string]string{"user.uid": fmt.Sprint(scopedUID), "proc.name": "becomes-user", "proc.cwd": "/usr/lib/"})
}

// What a filter excludes is dropped in the kernel as well.
func TestScopeExcept(t *testing.T) {
	needRoot(t)
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Fatal(err)
	}
	noisy := called(t, bash, "noisy")
	w := watchFor(t, "not proc.name in (noisy, nobody) and user.uid != 4711 and evt.type in (open, openat)", source.Options{})
	_ = exec.Command(noisy, "-c", ": </mark/noisy; exec bash -c ': </mark/changed'").Run()
	_ = exec.Command("bash", "-c", ": </mark/last").Run()
	w.await(t, "the last mark", func(r row) bool { return r.text(r.obj().Name) == "/mark/last" })
	got := w.marks()
	if _, ok := got["noisy"]; ok {
		t.Error("the excluded process is seen")
	}
	if _, ok := got["changed"]; !ok {
		t.Error("its other image is not seen")
	}
}

// TestWatchAnew asks for other calls, and for other containers' too, while the
// source runs.
func TestWatchAnew(t *testing.T) {
	w := watchFor(t, "evt.type = execve and container.id = host", source.Options{})
	dir := t.TempDir()
	ask := func(expr string) {
		t.Helper()
		f, err := filter.Compile(expr, event.Fields)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Watch(source.Request{Filter: f}); err != nil {
			t.Fatal(err)
		}
	}
	made := func(name string) func(row) bool {
		return func(r row) bool {
			return strings.HasPrefix(r.b.Type[r.i].String(), "mkdir") && strings.HasSuffix(r.text(r.obj().Name), "/"+name)
		}
	}
	executed := func(mark string) func(row) bool {
		return func(r row) bool { return strings.Contains(r.text(r.proc().Args), mark) }
	}
	run := func(words ...string) {
		t.Helper()
		if err := exec.Command(words[0], words[1:]...).Run(); err != nil {
			t.Fatal(err)
		}
	}
	run("mkdir", filepath.Join(dir, "before"))
	run("true", "then")
	w.await(t, "the execution after the first folder", executed("then"))
	if _, ok := w.find(made("before")); ok {
		t.Error("mkdir was watched before anybody asked")
	}
	ask("evt.type in (mkdir, mkdirat) or evt.type = execve")
	run("mkdir", filepath.Join(dir, "after"))
	w.await(t, "the second folder", made("after"))
	ask("evt.type in (mkdir, mkdirat)")
	n := w.count(executed("late"))
	run("true", "late")
	run("mkdir", filepath.Join(dir, "last"))
	w.await(t, "the third folder", made("last"))
	if w.count(executed("late")) != n {
		t.Error("execve was handed on after nobody asked for it any more")
	}
}
