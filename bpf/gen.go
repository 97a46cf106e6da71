//go:build linux

package bpf

//go:generate go run github.com/cilium/ebpf/cmd/bpf2go -go-package bpf -tags linux -cc clang-19 -strip llvm-strip-19 -target amd64,arm64 -cflags "-O2 -g -mcpu=v3 -Wall -Werror" -type chunk Kernel src/stoop.c
