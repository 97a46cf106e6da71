//go:build !linux

package main

import "log"

func main() { log.Fatal("the deeds are Linux's") }
