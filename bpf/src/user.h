/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* What lives only in user memory, read when the call returns. */
#ifndef STOOP_USER_H
#define STOOP_USER_H

#define STR_MAX 4096 /* PATH_MAX, NUL included */

__noinline int put_string(struct scratch *s, __u64 ptr, __u32 role)
{
	__u8 flags = PART_ARGUMENT;
	__u32 room, off;
	long n;
	void *p;

	if (!s || !ptr)
		return 0;
	p = part_room(s, 64);
	if (!p) {
		part_lost(s, PART_STRING);
		return 0;
	}
	off = s->off;
	n = bpf_probe_read_user_str(p + sizeof(struct part_hdr), STR_MAX, (void *)ptr);
	if (n < 0) {
		n = 0;
		flags |= PART_FAULT;
	} else if (n > 0) {
		n--;
		if (n == STR_MAX - 1)
			flags |= PART_CUT;
	}
	room = REC_MAX - sizeof(struct part_hdr) - off;
	if (n > room) {
		n = room;
		flags |= PART_CUT;
		hdr(s)->flags |= REC_CUT;
	}
	part_end(s, p, PART_STRING, role, flags, 0, n);
	return 0;
}

/* n bytes of user memory, at most max (a constant of at most 4096). */
__noinline int put_bytes(struct scratch *s, __u64 ptr, __u32 n, __u32 how)
{
	__u8 tag = how, role = how >> 8, flags = how >> 16, aux = how >> 24;
	__u32 room;
	void *p;

	if (!s || !ptr)
		return 0;
	p = part_room(s, 8);
	if (!p) {
		part_lost(s, tag);
		return 0;
	}
	room = REC_MAX - sizeof(struct part_hdr) - s->off;
	if (n > room) {
		n = room;
		flags |= PART_CUT;
	}
	if (n > 4096) {
		n = 4096;
		flags |= PART_CUT;
	}
	bounded(n);
	if (n > 4096)
		return 0;
	if (bpf_probe_read_user(p + sizeof(struct part_hdr), n, (void *)ptr)) {
		n = 0;
		flags |= PART_FAULT;
	}
	part_end(s, p, tag, role, flags, aux, n);
	return 0;
}

#define HOW(tag, role, flags) ((tag) | (role) << 8 | (__u32)(flags) << 16)

/* First bytes of the buffers of an iovec[], up to max, as one payload. */
__noinline int put_iov(struct scratch *s, __u64 iov, __u32 count, __u32 want)
{
	__u32 role = want >> 16 & 0xff, flags = want >> 24, max = want & 0xffff, n = 0, off;
	void *p;

	if (!s || !iov)
		return 0;
	p = part_room(s, 8);
	if (!p) {
		part_lost(s, PART_PAYLOAD);
		return 0;
	}
	if (max > 4096)
		max = 4096;
	for (int i = 0; i < 4; i++) {
		struct {
			__u64 base, len;
		} v;
		__u32 len;

		if (i >= count || n >= max)
			break;
		if (bpf_probe_read_user(&v, sizeof(v), (void *)(iov + i * sizeof(v)))) {
			flags |= PART_FAULT;
			break;
		}
		len = v.len > max - n ? max - n : v.len;
		off = s->off + sizeof(struct part_hdr) + n;
		bounded(off);
		bounded(len);
		if (off > REC_MAX || len > 4096)
			break;
		if (bpf_probe_read_user(s->buf + off, len, (void *)v.base)) {
			flags |= PART_FAULT;
			break;
		}
		n += len;
	}
	off = REC_MAX - sizeof(struct part_hdr) - s->off;
	if (n > off) {
		n = off;
		flags |= PART_CUT;
	}
	part_end(s, p, PART_PAYLOAD, role, flags, 0, n);
	return 0;
}

/* Strings of a NULL-ended char *[], NUL-separated. */
__noinline int put_argv(struct scratch *s, __u64 argv, __u32 role)
{
	__u8 flags = PART_ARGUMENT | PART_CUT;
	__u32 n = 0, off;
	void *p;

	if (!s || !argv)
		return 0;
	p = part_room(s, 1024);
	if (!p) {
		part_lost(s, PART_ARGV);
		return 0;
	}
	for (int i = 0; i < 24; i++) {
		__u64 a = 0;
		long len;

		if (bpf_probe_read_user(&a, sizeof(a), (void *)(argv + i * sizeof(a)))) {
			flags |= PART_FAULT;
			break;
		}
		if (!a) {
			flags &= ~PART_CUT;
			break;
		}
		off = s->off + sizeof(struct part_hdr) + n;
		bounded(off);
		if (off > REC_MAX - 512)
			break;
		len = bpf_probe_read_user_str(s->buf + off, 512, (void *)a);
		if (len < 0) {
			flags |= PART_FAULT;
			break;
		}
		n += len;
		if (n > 3072)
			break;
	}
	part_end(s, p, PART_ARGV, role, flags, 0, n);
	return 0;
}

#endif
