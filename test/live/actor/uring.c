/* io_uring: the same deeds by requests, which make no system call of their own.
   strace does not see what a request does; the test knows it from this file. */
#define _GNU_SOURCE
#include "actor.h"

#include <arpa/inet.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>

static struct {
	int fd;
	unsigned *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
} ring;

static void *map(size_t size, off_t at) {
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring.fd, at);
	need(p == MAP_FAILED ? -1 : 0, "map the ring");
	return p;
}

static void set_up(void) {
	struct io_uring_params p = {0};
	ring.fd = (int)call(io_uring_setup, 8, &p);
	need(ring.fd, "io_uring_setup");
	char *sq = map(p.sq_off.array + p.sq_entries * sizeof(unsigned), IORING_OFF_SQ_RING);
	char *cq = map(p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe), IORING_OFF_CQ_RING);
	ring.sqes = map(p.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
	ring.sq_tail = (unsigned *)(sq + p.sq_off.tail);
	ring.sq_mask = (unsigned *)(sq + p.sq_off.ring_mask);
	ring.sq_array = (unsigned *)(sq + p.sq_off.array);
	ring.cq_head = (unsigned *)(cq + p.cq_off.head);
	ring.cq_tail = (unsigned *)(cq + p.cq_off.tail);
	ring.cq_mask = (unsigned *)(cq + p.cq_off.ring_mask);
	ring.cqes = (struct io_uring_cqe *)(cq + p.cq_off.cqes);
}

static int request(struct io_uring_sqe sqe) {
	unsigned tail = *ring.sq_tail, at = tail & *ring.sq_mask;
	ring.sqes[at] = sqe;
	ring.sq_array[at] = at;
	__atomic_store_n(ring.sq_tail, tail + 1, __ATOMIC_RELEASE);
	need(call(io_uring_enter, ring.fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0), "io_uring_enter");
	unsigned head = *ring.cq_head;
	if (head == __atomic_load_n(ring.cq_tail, __ATOMIC_ACQUIRE))
		need(-1, "no completion");
	int result = ring.cqes[head & *ring.cq_mask].res;
	__atomic_store_n(ring.cq_head, head + 1, __ATOMIC_RELEASE);
	return result;
}

#define ADDR(p) .addr = (uint64_t)(uintptr_t)(p)
#define ADDR2(p) .addr2 = (uint64_t)(uintptr_t)(p)

void scene_uring(void) {
	set_up();
	put("victim", "", 0644);
	put("old", "", 0644);
	request((struct io_uring_sqe){.opcode = IORING_OP_NOP});
	int fd = request((struct io_uring_sqe){
		.opcode = IORING_OP_OPENAT, .fd = AT_FDCWD, ADDR("ring-made"), .len = 0640, .open_flags = O_CREAT | O_WRONLY});
	need(fd, "open by io_uring");
	request((struct io_uring_sqe){.opcode = IORING_OP_OPENAT, .fd = AT_FDCWD, ADDR("absent"), .open_flags = O_RDONLY});
	request((struct io_uring_sqe){.opcode = IORING_OP_WRITE, .fd = fd, ADDR("by ring"), .len = 7});
	request((struct io_uring_sqe){.opcode = IORING_OP_UNLINKAT, .fd = AT_FDCWD, ADDR("victim")});
	request((struct io_uring_sqe){
		.opcode = IORING_OP_RENAMEAT, .fd = AT_FDCWD, ADDR("old"), .len = (unsigned)AT_FDCWD, ADDR2("new")});
	request((struct io_uring_sqe){.opcode = IORING_OP_MKDIRAT, .fd = AT_FDCWD, ADDR("made"), .len = 0700});
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(1), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int client = socket(AF_INET, SOCK_STREAM, 0);
	request((struct io_uring_sqe){.opcode = IORING_OP_CONNECT, .fd = client, ADDR(&a), .off = sizeof a});
	int udp = socket(AF_INET, SOCK_DGRAM, 0);
	a.sin_port = htons(9);
	need(connect(udp, (struct sockaddr *)&a, sizeof a), "connect");
	request((struct io_uring_sqe){.opcode = IORING_OP_SEND, .fd = udp, ADDR("ring data"), .len = 9});
	request((struct io_uring_sqe){.opcode = IORING_OP_CLOSE, .fd = fd});
	call(io_uring_register, ring.fd, 999, NULL, 0); /* EINVAL */
}
