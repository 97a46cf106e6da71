/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Following a syscall's recipe: which parts its record gets. */
#ifndef STOOP_COLLECT_H
#define STOOP_COLLECT_H

#define AT_FDCWD -100

static __always_inline __u64 arg(struct scratch *s, __u32 i)
{
	return ((__u64 *)(s->buf + sizeof(struct rec_hdr)))[i & 7];
}

/* Is payload wanted from this descriptor: terminals, pipes and sockets, or all. */
static __always_inline bool payload_wanted(struct settings *c, struct task_struct *t, __s64 fd)
{
	struct file *f;
	struct inode *i;
	__u16 kind;

	if (c->payload_any)
		return true;
	f = fd_file(t, fd);
	if (!f)
		return false;
	i = GET(struct file, f, f_inode);
	kind = GET(struct inode, i, i_mode) >> 12;
	if (kind == 002) { /* terminals: major 4 (vt, serial), 5 (tty, console), 136-143 (pts) */
		__u32 major = GET(struct inode, i, i_rdev) >> 20;

		return major == 4 || major == 5 || (major >= 136 && major <= 143);
	}
	return kind == 001 || kind == 014;
}

__noinline int put_payload(struct scratch *s, __u64 ptr, __u32 kind, __u32 out)
{
	struct task_struct *t = (void *)bpf_get_current_task_btf();
	__u32 zero = 0, n, flags = out ? PART_WRITE : 0;
	struct settings *c;
	__s64 ret;

	if (!s)
		return 0;
	ret = hdr(s)->ret;
	c = bpf_map_lookup_elem(&config, &zero);
	if (!c || !c->payload || ret <= 0 || !payload_wanted(c, t, (__s32)arg(s, 0)))
		return 0;
	n = c->payload;
	if (n > 4096)
		n = 4096;
	if (ret < n)
		n = ret;
	if (ret > n)
		flags |= PART_CUT;
	if (kind == A_BUF)
		put_bytes(s, ptr, n, HOW(PART_PAYLOAD, 1, flags));
	else
		put_iov(s, ptr, arg(s, 2), n | 1 << 16 | flags << 24);
	return 0;
}

struct user_msghdr {
	__u64 name;
	__u32 namelen, pad;
	__u64 iov, iovlen;
};

__noinline int put_msg(struct scratch *s, __u64 ptr, __u32 out)
{
	struct task_struct *t = (void *)bpf_get_current_task_btf();
	struct user_msghdr m;
	__u32 zero = 0, n, flags = out ? PART_WRITE : 0;
	struct settings *c;
	__s64 ret;

	if (!s || bpf_probe_read_user(&m, sizeof(m), (void *)ptr))
		return 0;
	if (m.name && m.namelen)
		put_bytes(s, m.name, m.namelen > 128 ? 128 : m.namelen, HOW(PART_SOCKADDR, ROLE_MSG, PART_ARGUMENT));
	c = bpf_map_lookup_elem(&config, &zero);
	ret = hdr(s)->ret;
	if (!c || !c->payload || ret <= 0 || !payload_wanted(c, t, (__s32)arg(s, 0)))
		return 0;
	n = c->payload > 4096 ? 4096 : c->payload;
	if (ret < n)
		n = ret;
	if (ret > n)
		flags |= PART_CUT;
	put_iov(s, m.iov, m.iovlen, n | 1 << 16 | flags << 24);
	return 0;
}

__noinline int put_addr(struct scratch *s, __u64 ptr, __u64 len, __u32 role_out)
{
	__u32 role = role_out & 0xff, n = len;

	if (!s || !ptr)
		return 0;
	if (role_out >> 8) { /* len points to the length */
		n = 0;
		bpf_probe_read_user(&n, sizeof(n), (void *)len);
	}
	if (n > 128)
		n = 128;
	if (n)
		put_bytes(s, ptr, n, HOW(PART_SOCKADDR, role, PART_ARGUMENT));
	return 0;
}

__noinline int put_fdpair(struct scratch *s, __u64 ptr)
{
	struct task_struct *t = (void *)bpf_get_current_task_btf();
	__s32 fds[2];

	if (!s || bpf_probe_read_user(fds, sizeof(fds), (void *)ptr))
		return 0;
	put_file(s, (__u64)fd_file(t, fds[0]), fds[0], ROLE_FD0);
	put_file(s, (__u64)fd_file(t, fds[1]), fds[1], ROLE_FD1);
	return 0;
}

/* A name, and before it the directory that it is relative to. */
__noinline int put_name(struct scratch *s, __u64 ptr, __u32 role, __s64 dirfd)
{
	struct task_struct *t = (void *)bpf_get_current_task_btf();
	char first = 0;

	if (!s || !ptr)
		return 0;
	bpf_probe_read_user(&first, 1, (void *)ptr);
	if (first != '/') {
		if ((__s32)dirfd == AT_FDCWD)
			put_cwd(s, t);
		else
			put_file(s, (__u64)fd_file(t, (__s32)dirfd), dirfd, role - 1);
	}
	put_string(s, ptr, role);
	return 0;
}

/* One argument. kind is a byte of the recipe. */
__noinline int put_arg(struct scratch *s, __u32 i, __u32 kind, __u32 flags)
{
	struct task_struct *t = (void *)bpf_get_current_task_btf();
	__u64 v, next;

	if (!s)
		return 0;
	v = arg(s, i);
	next = arg(s, i + 1);
	switch (kind) {
	case A_FD:
		put_file(s, (__u64)fd_file(t, (__s32)v), v, i);
		break;
	case A_STR:
		put_string(s, v, i);
		break;
	case A_ADDR:
		put_addr(s, v, next, i);
		break;
	case A_ADDR_OUT:
		if (hdr(s)->ret >= 0)
			put_addr(s, v, next, i | 0x100);
		break;
	case A_FDPAIR:
		if (hdr(s)->ret == 0)
			put_fdpair(s, v);
		break;
	case A_MSG:
		put_msg(s, v, flags & R_OUT);
		break;
	case A_BUF:
	case A_IOV:
		put_payload(s, v, kind, flags & R_OUT);
		break;
	case A_ARGV:
		put_argv(s, v, i);
		break;
	default:
		if (kind & A_STRUCT)
			put_bytes(s, v, (kind & 0x7f) * 8, HOW(PART_STRUCT, i, PART_ARGUMENT));
	}
	return 0;
}

/* All arguments that a recipe names, in order. */
__noinline int put_args(struct scratch *s, __u64 recipe, __u32 names)
{
	__u64 kinds = recipe >> 16;
	__s64 dirfd = AT_FDCWD;

	if (!s)
		return 0;
	for (__u32 i = 0; i < 6; i++) {
		__u32 kind = kinds & 0xff;

		if (!kinds)
			break;
		kinds >>= 8;
		if (kind == A_DIRFD)
			dirfd = arg(s, i);
		else if (kind == A_PATH) {
			if (names)
				put_name(s, arg(s, i), i, dirfd);
			dirfd = AT_FDCWD;
		} else if (kind)
			put_arg(s, i, kind, recipe);
	}
	return 0;
}

/* The recipe without the parts that a call with this result does not get. */
static __always_inline __u64 in_question(__u64 recipe, __s64 ret)
{
	if (ret < 0)
		return recipe & ~(__u64)R_RET_FD;
	return recipe & R_EXEC ? recipe & ~R_PARTS : recipe;
}

/* Everything after the arguments: header and args are already there. */
static __always_inline void collect(struct scratch *s, struct task_struct *t, __u64 recipe, __u32 options)
{
	__s64 ret = hdr(s)->ret;
	bool names = true;

	if ((recipe & R_RET_FD) && ret >= 0) {
		put_file(s, (__u64)fd_file(t, ret), ret, ROLE_RET);
		/* the name as given says less than the path, which is there now */
		names = !(recipe & R_WRITE) || (options & OPT_RAW_NAMES);
	}
	if (recipe >> 16 == A_FD) { /* most calls: without the detours */
		struct file *f = fd_file(t, (__s32)arg(s, 0));

		if (f)
			put_file(s, (__u64)f, arg(s, 0), 0);
	} else if ((recipe >> 16) && (names || !(recipe & R_NAMES))) {
		put_args(s, recipe, names);
	}
	if (recipe & R_CREDS)
		put_creds(s, t);
	if (recipe & R_NS)
		put_ns(s, t);
	if (recipe & R_CWD)
		put_cwd(s, t);
	if (recipe & R_TASK)
		put_task(s, t, ROLE_TASK);
}

#endif
