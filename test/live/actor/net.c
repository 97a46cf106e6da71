/* Scenes about sockets. */
#define _GNU_SOURCE
#include "actor.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

union address {
	struct sockaddr any;
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

static socklen_t loopback(union address *a, int family, uint16_t port) {
	memset(a, 0, sizeof *a);
	a->any.sa_family = (sa_family_t)family;
	if (family == AF_INET) {
		a->in4.sin_port = htons(port);
		a->in4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return sizeof a->in4;
	}
	a->in6.sin6_port = htons(port);
	a->in6.sin6_addr = in6addr_loopback;
	return sizeof a->in6;
}

static uint16_t port_of(int fd) {
	union address a;
	socklen_t size = sizeof a;
	need(getsockname(fd, &a.any, &size), "getsockname");
	return ntohs(a.any.sa_family == AF_INET ? a.in4.sin_port : a.in6.sin6_port);
}

static void stream(int family) {
	union address a;
	socklen_t size = loopback(&a, family, 0);
	int listener = (int)call(socket, family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	need(listener, "socket");
	need(call(bind, listener, &a, size), "bind");
	call(bind, listener, &a, size); /* EINVAL: bound */
	need(call(listen, listener, 7), "listen");
	uint16_t port = port_of(listener);

	/* a connection that is made */
	int client = (int)call(socket, family, SOCK_STREAM, 0);
	size = loopback(&a, family, port);
	need(call(connect, client, &a, size), "connect");
	call(connect, client, &a, size); /* EISCONN */
	union address peer;
	socklen_t peer_size = sizeof peer;
	int server = (int)call(accept4, listener, &peer, &peer_size, SOCK_NONBLOCK | SOCK_CLOEXEC);
	need(server, "accept4");
	call(sendto, client, "GET / HTTP/1.0\r\n\r\n", 18, MSG_NOSIGNAL, NULL, 0);
	char buffer[64];
	call(recvfrom, server, buffer, sizeof buffer, 0, NULL, NULL);
	call(recvfrom, server, buffer, sizeof buffer, MSG_DONTWAIT, NULL, NULL); /* EAGAIN */
	struct iovec part = {"answer", 6};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	call(sendmsg, server, &message, MSG_NOSIGNAL);
	part = (struct iovec){buffer, sizeof buffer};
	call(recvmsg, client, &message, 0);
	call(close, client);

	/* one that is refused, at once and later, and one on its way */
	size = loopback(&a, family, 1);
	client = (int)call(socket, family, SOCK_STREAM, 0);
	call(connect, client, &a, size); /* ECONNREFUSED */
	size = loopback(&a, family, port);
	int waiting = (int)call(socket, family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	call(connect, waiting, &a, size); /* EINPROGRESS */
	sleep(0);
#ifdef SYS_accept
	peer_size = sizeof peer;
	call(accept, listener, &peer, &peer_size);
#endif
	fcntl(listener, F_SETFL, O_NONBLOCK);
	call(accept4, listener, NULL, NULL, 0); /* EAGAIN */
	call(bind, server, &a, 3);              /* EINVAL */
	call(connect, 999, &a, size);           /* EBADF */
}

void scene_tcp4(void) { stream(AF_INET); }

void scene_tcp6(void) { stream(AF_INET6); }

void scene_udp(void) {
	union address a, from;
	socklen_t size = loopback(&a, AF_INET, 0), from_size = sizeof from;
	int server = (int)call(socket, AF_INET, SOCK_DGRAM, 0);
	need(call(bind, server, &a, size), "bind");
	size = loopback(&a, AF_INET, port_of(server));
	int client = (int)call(socket, AF_INET, SOCK_DGRAM, IPPROTO_UDP);
	char buffer[64];
	call(sendto, client, "datagram", 8, 0, &a, size);
	call(recvfrom, server, buffer, sizeof buffer, 0, &from, &from_size);
	struct iovec part = {"by message", 10};
	struct msghdr message = {.msg_name = &a, .msg_namelen = size, .msg_iov = &part, .msg_iovlen = 1};
	call(sendmsg, client, &message, 0);
	part = (struct iovec){buffer, sizeof buffer};
	message.msg_name = &from;
	message.msg_namelen = sizeof from;
	call(recvmsg, server, &message, 0);
	call(connect, client, &a, size);
	call(sendto, client, "connected", 9, 0, NULL, 0);
	call(recvfrom, server, buffer, sizeof buffer, 0, NULL, NULL);

	int client6 = (int)call(socket, AF_INET6, SOCK_DGRAM, 0);
	size = loopback(&a, AF_INET6, 9);
	call(sendto, client6, "six", 3, 0, &a, size);
	call(socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	call(socket, AF_INET, SOCK_RAW, IPPROTO_ICMP);
	call(socket, 99, SOCK_STREAM, 0); /* EAFNOSUPPORT */
}

static socklen_t named(union address *a, const char *name, int abstract) {
	memset(a, 0, sizeof *a);
	a->un.sun_family = AF_UNIX;
	strcpy(a->un.sun_path + abstract, name);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name) + 1);
}

void scene_local(void) {
	union address a;
	socklen_t size = named(&a, "/tmp/local/socket", 0);
	int listener = (int)call(socket, AF_UNIX, SOCK_STREAM, 0);
	need(call(bind, listener, &a, size), "bind");
	need(call(listen, listener, 3), "listen");
	int client = (int)call(socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	need(call(connect, client, &a, size), "connect");
	call(accept4, listener, NULL, NULL, 0);
	call(sendto, client, "over unix", 9, 0, NULL, 0);
	size = named(&a, "/tmp/local/absent", 0);
	client = (int)call(socket, AF_UNIX, SOCK_STREAM, 0);
	call(connect, client, &a, size); /* ENOENT */

	size = named(&a, "stoop-actor", 1);
	int server = (int)call(socket, AF_UNIX, SOCK_DGRAM, 0);
	need(call(bind, server, &a, size), "bind an abstract name");
	client = (int)call(socket, AF_UNIX, SOCK_DGRAM, 0);
	call(sendto, client, "abstract", 8, 0, &a, size);
	call(connect, client, &a, size);
}

/* Asks 127.0.0.77 for the address of db.shop.test and connects to it. The test
   answers. */
void scene_dns(void) {
	static const char query[] = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x02" "db\x04" "shop\x04" "test\x00\x00\x01\x00\x01";
	union address a;
	socklen_t size = loopback(&a, AF_INET, 53);
	a.in4.sin_addr.s_addr = htonl(0x7f00004d);
	int fd = (int)call(socket, AF_INET, SOCK_DGRAM, 0);
	need(call(connect, fd, &a, size), "connect");
	need(call(sendto, fd, query, sizeof query - 1, 0, NULL, 0), "sendto");
	unsigned char answer[512];
	long n = call(recvfrom, fd, answer, sizeof answer, 0, NULL, NULL);
	need(n < 4 ? -1 : n, "the answer");
	memcpy(&a.in4.sin_addr, answer + n - 4, 4); /* the last record's address */
	a.in4.sin_port = htons(1);
	fd = (int)call(socket, AF_INET, SOCK_STREAM, 0);
	call(connect, fd, &a, size); /* ECONNREFUSED */
}
