//go:build linux

package main

import (
	"errors"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

func packetSocket([]string) error {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

// redirect makes a connection the standard input.
func redirect([]string) error {
	server, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	conn, err := net.Dial("tcp4", server.Addr().String())
	if err != nil {
		return err
	}
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		return err
	}
	return errors.Join(raw.Control(func(fd uintptr) { err = unix.Dup3(int(fd), 0, 0) }), err)
}

// question asks for the address of the API server, by its name in a cluster
// (RFC 1035, 4.1).
const question = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" +
	"\x0akubernetes\x07default\x03svc\x07cluster\x05local\x00\x00\x01\x00\x01"

// Where the cluster's name server and API server are played.
var (
	nameServer = &net.UDPAddr{IP: net.IPv4(127, 0, 0, 78), Port: 53}
	apiServer  = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 79), Port: 6443}
)

// callAPIServer asks for the API server's address and connects to it.
func callAPIServer([]string) error {
	names, err := net.ListenUDP("udp4", nameServer)
	if err != nil {
		return err
	}
	go answer(names)
	server, err := net.ListenTCP("tcp4", apiServer)
	if err != nil {
		return err
	}
	defer server.Close()
	client, err := net.DialUDP("udp4", nil, nameServer)
	if err != nil {
		return err
	}
	if _, err := client.Write([]byte(question)); err != nil {
		return err
	}
	if _, _, err := client.ReadFromUDP(make([]byte, 512)); err != nil { // as libc does: recvfrom
		return err
	}
	conn, err := net.DialTCP("tcp4", nil, apiServer)
	if err != nil {
		return err
	}
	return conn.Close()
}

// answer answers every question with the API server's address.
func answer(names *net.UDPConn) {
	buf := make([]byte, 512)
	for {
		n, from, err := names.ReadFromUDP(buf)
		if err != nil {
			return
		}
		reply := append([]byte{buf[0], buf[1], 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0}, buf[12:n]...)
		reply = append(reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4) // the same name, A, IN, 60 s
		_, _ = names.WriteToUDP(append(reply, apiServer.IP.To4()...), from)
	}
}

// connectOutside connects to an address of the documentation's network (RFC
// 5737) that is the loopback's in a network namespace of its own.
func connectOutside([]string) error {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return err
	}
	address := [4]byte{203, 0, 113, 1}
	if err := raiseLoopback(address); err != nil {
		return err
	}
	where := &unix.SockaddrInet4{Port: 8443, Addr: address}
	server, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(unix.Bind(server, where), unix.Listen(server, 1)); err != nil {
		return err
	}
	client, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	return unix.Connect(client, where)
}

// raiseLoopback gives the loopback device an address.
func raiseLoopback(address [4]byte) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	ifr, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	if err := ifr.SetInet4Addr(address[:]); err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, syscall.SIOCSIFADDR, ifr); err != nil {
		return err
	}
	ifr.SetUint16(unix.IFF_UP)
	return unix.IoctlIfreq(fd, syscall.SIOCSIFFLAGS, ifr)
}
