/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * io_uring: operations that no syscall shows. A request is decoded when it is
 * submitted, from what the kernel has already copied into it, and gets the
 * arguments of the syscall that would do the same; its result comes with the
 * completion. Operations without a case here are holes with a name.
 */
#ifndef STOOP_URING_H
#define STOOP_URING_H

/* linux/io_uring.h, enum io_uring_op */
enum {
	OP_READV = 1,
	OP_WRITEV = 2,
	OP_SENDMSG = 9,
	OP_RECVMSG = 10,
	OP_ACCEPT = 13,
	OP_CONNECT = 16,
	OP_OPENAT = 18,
	OP_CLOSE = 19,
	OP_STATX = 21,
	OP_READ = 22,
	OP_WRITE = 23,
	OP_SEND = 26,
	OP_RECV = 27,
	OP_OPENAT2 = 28,
	OP_SHUTDOWN = 34,
	OP_RENAMEAT = 35,
	OP_UNLINKAT = 36,
	OP_MKDIRAT = 37,
	OP_SYMLINKAT = 38,
	OP_LINKAT = 39,
	OP_SOCKET = 45,
	OP_BIND = 56,
	OP_LISTEN = 57,
};

#define BIT(n) (1ULL << (n))
#define URING_DEEDS                                                                                      \
	(BIT(OP_ACCEPT) | BIT(OP_CONNECT) | BIT(OP_OPENAT) | BIT(OP_OPENAT2) | BIT(OP_RENAMEAT) |        \
	 BIT(OP_UNLINKAT) | BIT(OP_MKDIRAT) | BIT(OP_SYMLINKAT) | BIT(OP_LINKAT) | BIT(OP_BIND) | BIT(OP_LISTEN))
/* operations whose request names an open descriptor */
#define URING_ON_FD                                                                                      \
	(BIT(OP_READV) | BIT(OP_WRITEV) | BIT(OP_SENDMSG) | BIT(OP_RECVMSG) | BIT(OP_ACCEPT) |           \
	 BIT(OP_CONNECT) | BIT(OP_READ) | BIT(OP_WRITE) | BIT(OP_SEND) | BIT(OP_RECV) | BIT(OP_SHUTDOWN) | \
	 BIT(OP_BIND) | BIT(OP_LISTEN))

#define ARGS(s, ...)                                                                                     \
	({                                                                                               \
		__u64 __a[] = { __VA_ARGS__ };                                                           \
		__builtin_memcpy((s)->buf + sizeof(struct rec_hdr), __a, sizeof(__a));                   \
		hdr(s)->nargs = sizeof(__a) / 8;                                                         \
		(s)->off = sizeof(struct rec_hdr) + sizeof(__a);                                         \
	})

/* A name that the kernel has copied, and before it the directory that it is relative to. */
__noinline int put_filename(struct scratch *s, __u64 filename, __u32 role, __s64 dirfd)
{
	struct task_struct *t = (void *)bpf_get_current_task_btf();
	const char *name;
	char first = 0;
	long n;
	void *p;

	if (!s || !filename || filename > -4096UL)
		return 0;
	name = BPF_CORE_READ((struct filename *)filename, name);
	bpf_probe_read_kernel(&first, 1, name);
	if (first != '/') {
		if ((__s32)dirfd == AT_FDCWD)
			put_cwd(s, t);
		else
			put_file(s, (__u64)fd_file(t, (__s32)dirfd), dirfd, role - 1);
	}
	p = part_room(s, STR_MAX);
	if (!p) {
		part_lost(s, PART_STRING);
		return 0;
	}
	n = bpf_probe_read_kernel_str(p + sizeof(struct part_hdr), STR_MAX, name);
	part_end(s, p, PART_STRING, role, n == STR_MAX ? PART_CUT : 0, 0, n > 0 ? n - 1 : 0);
	return 0;
}

/* For operations that came after 6.0: a type that this kernel lacks has no members to read. */
#define HAS_OPERATION(type) bpf_core_type_exists(struct type)
#define OPERAND(type, member) ((__u64)BPF_CORE_READ((struct type *)req, member))
/* The struct filename of a request. */
#define NAME(type, member)                                                                                \
	(bpf_core_field_exists(((struct type##___delayed *)req)->member)                                 \
		 ? (__u64)BPF_CORE_READ((struct type##___delayed *)req, member.__incomplete_filename)    \
		 : OPERAND(type, member))

/* Arguments, then names and addresses, of one request. Returns false for a hole. */
__noinline int put_request(struct scratch *s, __u64 request, __u32 op, __s64 fd)
{
	struct io_kiocb *req = (void *)request;
	struct open_how how;

	if (!s)
		return false;
	switch (op) {
	case OP_READV:
	case OP_WRITEV:
	case OP_READ:
	case OP_WRITE:
		ARGS(s, fd, OPERAND(io_rw, addr), OPERAND(io_rw, len));
		break;
	case OP_SENDMSG:
	case OP_RECVMSG:
		ARGS(s, fd, OPERAND(io_sr_msg, buf), OPERAND(io_sr_msg, msg_flags));
		break;
	case OP_SEND:
	case OP_RECV:
		ARGS(s, fd, OPERAND(io_sr_msg, buf), OPERAND(io_sr_msg, len), OPERAND(io_sr_msg, msg_flags), 0, 0);
		break;
	case OP_ACCEPT:
		ARGS(s, fd, OPERAND(io_accept, addr), OPERAND(io_accept, addr_len), OPERAND(io_accept, flags));
		break;
	case OP_CONNECT:
		ARGS(s, fd, OPERAND(io_connect, addr), OPERAND(io_connect, addr_len));
		break;
	case OP_OPENAT:
	case OP_OPENAT2:
		bpf_core_read(&how, sizeof(how), &((struct io_open *)req)->how);
		ARGS(s, (__s64)(__s32)OPERAND(io_open, dfd), 0, how.flags, how.mode);
		break;
	case OP_CLOSE:
		ARGS(s, OPERAND(io_close, fd));
		break;
	case OP_STATX:
		ARGS(s, (__s64)(__s32)OPERAND(io_statx, dfd), 0, OPERAND(io_statx, flags), OPERAND(io_statx, mask), 0);
		break;
	case OP_SHUTDOWN:
		ARGS(s, fd, OPERAND(io_shutdown, how));
		break;
	case OP_RENAMEAT:
		ARGS(s, (__s64)(__s32)OPERAND(io_rename, old_dfd), 0, (__s64)(__s32)OPERAND(io_rename, new_dfd), 0, OPERAND(io_rename, flags));
		break;
	case OP_UNLINKAT:
		ARGS(s, (__s64)(__s32)OPERAND(io_unlink, dfd), 0, OPERAND(io_unlink, flags));
		break;
	case OP_MKDIRAT:
		ARGS(s, (__s64)(__s32)OPERAND(io_mkdir, dfd), 0, OPERAND(io_mkdir, mode));
		break;
	case OP_SYMLINKAT:
		ARGS(s, 0, (__s64)(__s32)OPERAND(io_link, new_dfd), 0);
		break;
	case OP_LINKAT:
		ARGS(s, (__s64)(__s32)OPERAND(io_link, old_dfd), 0, (__s64)(__s32)OPERAND(io_link, new_dfd), 0, OPERAND(io_link, flags));
		break;
	case OP_SOCKET:
		ARGS(s, OPERAND(io_socket, domain), OPERAND(io_socket, type), OPERAND(io_socket, protocol));
		break;
	case OP_BIND:
		if (!HAS_OPERATION(io_bind))
			return false;
		ARGS(s, fd, 0, OPERAND(io_bind, addr_len));
		break;
	case OP_LISTEN:
		if (!HAS_OPERATION(io_listen))
			return false;
		ARGS(s, fd, OPERAND(io_listen, backlog));
		break;
	default:
		return false;
	}
	return true;
}

__noinline int put_operands(struct scratch *s, __u64 request, __u32 op, __s64 fd)
{
	struct task_struct *t = (void *)bpf_get_current_task_btf();
	struct io_kiocb *req = (void *)request;

	if (!s)
		return 0;
	if (op < 64 && (URING_ON_FD & BIT(op)))
		put_file(s, (__u64)fd_file(t, fd), fd, 0);
	switch (op) {
	case OP_SENDMSG:
		put_msg(s, OPERAND(io_sr_msg, buf), 1);
		break;
	case OP_CONNECT:
		put_addr(s, OPERAND(io_connect, addr), OPERAND(io_connect, addr_len), 1);
		break;
	case OP_OPENAT:
	case OP_OPENAT2:
		put_filename(s, NAME(io_open, filename), 1, (__s32)OPERAND(io_open, dfd));
		break;
	case OP_STATX:
		put_filename(s, NAME(io_statx, filename), 1, (__s32)OPERAND(io_statx, dfd));
		break;
	case OP_RENAMEAT:
		put_filename(s, NAME(io_rename, oldpath), 1, (__s32)OPERAND(io_rename, old_dfd));
		put_filename(s, NAME(io_rename, newpath), 3, (__s32)OPERAND(io_rename, new_dfd));
		break;
	case OP_UNLINKAT:
		put_filename(s, NAME(io_unlink, filename), 1, (__s32)OPERAND(io_unlink, dfd));
		break;
	case OP_MKDIRAT:
		put_filename(s, NAME(io_mkdir, filename), 1, (__s32)OPERAND(io_mkdir, dfd));
		break;
	case OP_SYMLINKAT:
		put_filename(s, NAME(io_link, oldpath), 0, AT_FDCWD);
		put_filename(s, NAME(io_link, newpath), 2, (__s32)OPERAND(io_link, new_dfd));
		break;
	case OP_LINKAT:
		put_filename(s, NAME(io_link, oldpath), 1, (__s32)OPERAND(io_link, old_dfd));
		put_filename(s, NAME(io_link, newpath), 3, (__s32)OPERAND(io_link, new_dfd));
		break;
	}
	return 0;
}

static __always_inline int put_uring(struct scratch *s, struct io_kiocb *req, __u64 user_data, __s32 fd, __u32 flags)
{
	PART(s, struct part_uring, p, PART_URING);
	__builtin_memset(p, 0, sizeof(*p));
	p->ctx = (__u64)BPF_CORE_READ(req, ctx);
	p->req = (__u64)req;
	p->user_data = user_data;
	p->fd = fd;
	p->flags = flags;
	p->req_flags = BPF_CORE_READ(req, flags);
	p->opcode = BPF_CORE_READ(req, opcode);
	PART_DONE(s, p, PART_URING, ROLE_TASK, 0);
	return 0;
}

static __always_inline int on_submit(__u64 request)
{
	struct task_struct *t = (void *)bpf_get_current_task_btf();
	struct io_kiocb *req = (void *)request;
	__u8 op = BPF_CORE_READ(req, opcode);
	struct where w;
	__s32 fd = -1;
	int known;
	__u64 id;

	if (!whereto(&w, t, OPT_URING, KIND_URING_SUBMIT, 0, op < 64 && (URING_DEEDS & BIT(op)), 1))
		return 0;
	if (op < 64 && (URING_ON_FD & BIT(op)))
		fd = BPF_CORE_READ(req, cqe.fd);
	id = scalar(w.s, req);
	known = put_request(w.s, id, op, fd);
	put_uring(w.s, req, BPF_CORE_READ(req, cqe.user_data), fd, known ? 0 : URING_HOLE);
	put_operands(w.s, id, op, fd);
	send(&w);
	return 0;
}

static __always_inline int on_complete(__u64 request, __u64 user_data, __s64 res)
{
	struct task_struct *t = (void *)bpf_get_current_task_btf();
	struct io_kiocb *req = (void *)request;
	struct where w;
	__u8 op;

	if (!req)
		return 0; /* not of a request: overflow, or a message between rings */
	op = BPF_CORE_READ(req, opcode);
	if (!whereto(&w, t, OPT_URING, KIND_URING_COMPLETE, res, op < 64 && (URING_DEEDS & BIT(op)), 1))
		return 0;
	put_uring(w.s, req, user_data, -1, 0);
	if ((op == OP_OPENAT || op == OP_OPENAT2 || op == OP_ACCEPT || op == OP_SOCKET) && res >= 0)
		put_file(w.s, (__u64)fd_file(t, res), res, ROLE_RET);
	send(&w);
	return 0;
}

#endif
