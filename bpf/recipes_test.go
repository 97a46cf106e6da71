package bpf

import "testing"

func TestRecipes(t *testing.T) {
	for _, tt := range []struct {
		name   string
		encode uint64
		deed   bool
	}{
		// low half word: 4 arguments, result is a descriptor, deed if written; then dirfd, path
		{"openat", uint64(ArgDirFD)<<16 | uint64(ArgPath)<<24 | retFD | ifWrite | onlyNames | 4, true},
		{"close", uint64(ArgFD)<<16 | 1, false},
		{"unlink", uint64(ArgPath)<<16 | ifSuccess | onlyNames | 1, true},
		{"getppid", onlyNames, false},
		{"no such call", onlyNames | 6, false},
	} {
		r := RecipeOf(tt.name)
		if got := r.encode(false, true); got != tt.encode || r.Deed() != tt.deed {
			t.Errorf("%s: %#x deed %v, want %#x %v", tt.name, got, r.Deed(), tt.encode, tt.deed)
		}
	}
	if got, want := RecipeOf("read").encode(false, false), uint64(ArgFD)<<16|3; got != want {
		t.Errorf("read without payload: %#x, want %#x", got, want)
	}
	if RecipeOf("mmap2") != RecipeOf("mmap") || RecipeOf("chown32") != RecipeOf("chown") || RecipeOf("dup2") == RecipeOf("dup") {
		t.Error("variants of 32-bit tables are mixed up")
	}
}

func TestRecipesNameRealCalls(t *testing.T) {
	for name := range Recipes() {
		known := false
		for _, a := range []Arch{AMD64, ARM64, I386, ARM} {
			_, ok := a.SyscallNr(name)
			known = known || ok
		}
		if !known {
			t.Errorf("recipe of %q, which no table has", name)
		}
	}
}

func TestSyscallNumbers(t *testing.T) {
	for _, tt := range []struct {
		arch Arch
		name string
		nr   int
	}{{AMD64, "openat", 257}, {ARM64, "openat", 56}, {I386, "open", 5}, {ARM, "open", 5}} {
		if nr, ok := tt.arch.SyscallNr(tt.name); !ok || nr != tt.nr || tt.arch.SyscallName(nr) != tt.name {
			t.Errorf("%s on %s: %d %v", tt.name, tt.arch, nr, ok)
		}
	}
	if _, ok := ARM64.SyscallNr("open"); ok {
		t.Error("arm64 has no open")
	}
	if got := AMD64.SyscallName(9999); got != "syscall_9999" {
		t.Error(got)
	}
}
