package event

import "strings"

// The paths of a call (Falco's class fs.path, libs
// sinsp_filtercheck_fspath.cpp): only of calls that succeeded, read off the
// arguments.
var pathFields = group("fs.path", HomeEvent, FromLive|FromFalco, []Field{
	{Name: "fs.path.name", Kind: String, Flags: PathLike, Doc: "Path that the call worked on, made absolute.", Read: pathArg(pathNames, true)},
	{Name: "fs.path.nameraw", Kind: String, Doc: "Path that the call worked on, as the program gave it.", Read: pathArg(pathNames, false)},
	{Name: "fs.path.source", Kind: String, Flags: PathLike, Doc: "Of a rename the old path, of a link the new one, of a mount the device; made absolute.", Read: pathArg(pathSources, true)},
	{Name: "fs.path.sourceraw", Kind: String, Doc: "fs.path.source as the program gave it.", Read: pathArg(pathSources, false)},
	{Name: "fs.path.target", Kind: String, Flags: PathLike, Doc: "Of a rename the new path, of a link what it refers to, of a mount the directory; made absolute.", Read: pathArg(pathTargets, true)},
	{Name: "fs.path.targetraw", Kind: String, Doc: "fs.path.target as the program gave it.", Read: pathArg(pathTargets, false)},
})

// Which argument holds the path, by type. fdPath stands for the name of the
// descriptor.
const fdPath = "\x00fd"

var (
	pathNames = map[string]string{
		"mkdir": "path", "mkdirat": "path", "rmdir": "path", "unlink": "path", "unlinkat": "name",
		"open": "name", "openat": "name", "openat2": "name", "creat": "name", "umount2": "name",
		"chmod": "filename", "fchmodat": "filename", "fchmodat2": "filename", "fchmod": fdPath,
		"chown": "path", "lchown": "path", "fchownat": "pathname", "fchown": fdPath, "quotactl": "special",
	}
	pathSources = map[string]string{
		"rename": "oldpath", "renameat": "oldpath", "renameat2": "oldpath", "link": "newpath", "linkat": "newpath",
		"symlink": "linkpath", "symlinkat": "linkpath", "mount": "dev",
	}
	pathTargets = map[string]string{
		"rename": "newpath", "renameat": "newpath", "renameat2": "newpath", "link": "oldpath", "linkat": "oldpath",
		"symlink": "target", "symlinkat": "target", "mount": "dir",
	}
)

func pathArg(of map[string]string, full bool) reader {
	return func(r Row, _ Arg) (Value, bool) {
		arg := of[r.Type.String()]
		if arg == "" || !r.hasRes() || r.failed() {
			return Value{}, false
		}
		if arg == fdPath {
			return readFdName(r, Arg{})
		}
		s, raw, ok := r.arg(arg, 0)
		if !ok || raw.Kind != String {
			return Value{}, false
		}
		path := r.givenText(raw)
		switch {
		case !full:
		case s.Kind == ParamPath:
			path = r.fullPath(s, raw)
		case !strings.HasPrefix(path, "/"): // a link's target: Falco puts the working directory before it
			path = r.fromCwd(path)
		}
		return StringValue(path), path != ""
	}
}
