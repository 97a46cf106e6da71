//go:build !unix

package siem

import (
	"errors"
	"syscall"
)

var errUnix = errors.New("search servers are started on Unix only")

func lock(string) (func(), error)  { return nil, errUnix }
func share(string) (func(), error) { return nil, errUnix }

func apart() *syscall.SysProcAttr { return nil }
