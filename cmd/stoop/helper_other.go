//go:build !linux

package main

func helper() {}
