/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* A syscall returns: the watch tier and the bulk recorder. */
#ifndef STOOP_SYSCALL_H
#define STOOP_SYSCALL_H

#define EINPROGRESS 115
#define PROT_EXEC 4
#define O_ACCMODE 3

/* Is this return one of the deeds: the recipe may ask for success or for a file open for writing. */
static __always_inline bool is_deed(struct task_struct *t, __u64 recipe, __s64 ret)
{
	struct file *f;

	if ((recipe & R_SUCCESS) && ret < 0 && ret != -EINPROGRESS)
		return false;
	if (!(recipe & R_WRITE))
		return true;
	if (ret < 0)
		return false;
	f = fd_file(t, ret);
	return f && (GET(struct file, f, f_flags) & O_ACCMODE);
}

static __always_inline void put_regs(struct scratch *s, struct pt_regs *r, __u64 recipe, bool compat)
{
	__u32 n = recipe & R_NARGS;

	regs_args(r, (__u64 *)(s->buf + sizeof(struct rec_hdr)), compat);
	if (n > 6)
		n = 6;
	hdr(s)->nargs = n;
	s->off = sizeof(struct rec_hdr) + 8 * n;
}

static __always_inline struct call *call_of(__u32 nr, bool compat)
{
	struct call *c;

	if (!compat)
		return bpf_map_lookup_elem(&calls, &nr);
	c = bpf_map_lookup_elem(&calls32, &nr);
	asm volatile(""); /* with one lookup of either map the kernel could not inline it */
	return c;
}

/* The watch tier: also writes the deeds ring of the thread's cgroup. */
static __always_inline int watch(struct pt_regs *given, __u32 nr, __s64 ret, __u16 flags)
{
	struct task_struct *t = (void *)bpf_get_current_task_btf();
	bool compat = flags & REC_COMPAT, wanted, deed;
	struct call *call = call_of(nr, compat);
	struct seat *seat = NULL;
	struct pt_regs *r = given;
	struct scratch *s;
	struct settings *c;
	__u32 zero = 0, len;
	__u64 key, recipe;

	c = bpf_map_lookup_elem(&config, &zero);
	if (!c || !call || !(call->flags & (CALL_WATCH | CALL_DEED)) || t->tgid == c->self)
		return 0;
	recipe = call->recipe;
	if ((recipe & R_EXEC) && ret >= 0)
		return 0;
	if (!r)
		r = (void *)bpf_task_pt_regs(t);
	if (recipe & R_PROT_EXEC) {
		__u64 a[6];

		regs_args(r, a, compat);
		if (!(a[2] & PROT_EXEC))
			return 0;
	}
	key = cgroup_key(t);
	wanted = (call->flags & CALL_WATCH) && in_scope(c, t, key, call->flags & CALL_FOLLOW);
	deed = (call->flags & CALL_DEED) && (c->options & OPT_DEEDS) && is_deed(t, recipe, ret);
	if (deed) {
		seat = seat_of(t, key, c->options);
		if (!seat || !seat->deeds)
			deed = false;
	}
	if (!wanted && !deed)
		return 0;
	s = bpf_map_lookup_elem(&scratches, &zero);
	if (!s) {
		LOST(key, broken);
		return 0;
	}
	begin(s, t, KIND_SYSCALL, nr, ret, key, flags | (deed ? REC_DEED : 0));
	put_regs(s, r, recipe, compat);
	collect(s, t, recipe, c->options);
	len = finish(s);
	if (wanted)
		emit(s, len, key);
	if (deed && seat)
		ring_write(s, seat->deeds, key);
	return 0;
}

/* When the thread entered the call that returns now; 0: not known. */
static __always_inline __u64 entered_at(struct task_struct *t, struct settings *c)
{
	__u64 *since, at;

	if (!(c->options & OPT_DURATION))
		return 0;
	since = bpf_task_storage_get(&entered, t, NULL, 0);
	if (!since)
		return 0;
	at = *since;
	*since = 0;
	return at;
}

/* What the bulk recorder knows of a call before it writes the record. */
struct returned {
	__u64 key, recipe, since, args[6];
	__s64 ret;
	__u32 ring;
	__s32 nr;
	__u16 flags;
};

/* A record without parts, as most are, is written where it stays. */
static __always_inline void bulk_plain(struct returned *e, struct task_struct *t)
{
	__u32 n = e->recipe & R_NARGS, len;
	struct rec_hdr *h;
	__u64 *to, mark;
	__u8 *at;

	if (n > 6)
		n = 6;
	len = sizeof(*h) + 8 * n + (e->since ? 16 : 0);
	at = ring_take(e->ring, len, e->key, &mark);
	if (!at)
		return;
	h = (void *)at + 8;
	header(h, t, KIND_SYSCALL, e->nr, e->ret, e->key, e->flags);
	h->len = len;
	h->nargs = n;
	to = (void *)h + sizeof(*h);
#pragma unroll
	for (int i = 0; i < 6; i++)
		if (n > i)
			to[i] = e->args[i];
	if (e->since) {
		h->nparts = 1;
		bounded(n);
		if (n <= 6)
			put_enter(to + n, e->since);
	}
	ring_give(at, len, mark);
}

static __always_inline void bulk_parts(struct returned *e, struct task_struct *t, struct pt_regs *r, struct settings *c)
{
	__u32 zero = 0;
	struct scratch *s = bpf_map_lookup_elem(&scratches, &zero);

	if (!s) {
		LOST(e->key, broken);
		return;
	}
	begin(s, t, KIND_SYSCALL, e->nr, e->ret, e->key, e->flags);
	put_regs(s, r, e->recipe, e->flags & REC_COMPAT);
	collect(s, t, e->recipe, c->options & ~OPT_RAW_NAMES); /* the path is enough, and cheaper */
	if (e->since) {
		__u64 *p = part_room(s, 8);

		if (p) {
			put_enter(p, e->since);
			hdr(s)->nparts++;
			s->off += 16;
		}
	}
	finish(s);
	ring_copy(s, e->ring, e->key);
}

/* The bulk recorder: every syscall of the cgroups chosen for it. */
static __always_inline int bulk(struct pt_regs *r, __s64 ret)
{
	struct task_struct *t = (void *)bpf_get_current_task_btf();
	struct returned e = {.key = cgroup_key(t), .ret = ret};
	struct settings *c;
	struct call *call;
	__u32 zero = 0;
	bool compat;

	e.ring = bulk_ring(e.key);
	if (!e.ring)
		return 0;
	c = bpf_map_lookup_elem(&config, &zero);
	if (!c)
		return 0;
	compat = is_compat(t);
	e.nr = regs_nr(r);
	e.flags = REC_BULK | (compat ? REC_COMPAT : 0);
	e.since = entered_at(t, c);
	regs_args(r, e.args, compat);
	call = call_of(e.nr, compat);
	e.recipe = call ? call->recipe : 6;
	if ((e.recipe & R_EXEC) && !ret)
		e.flags |= REC_NO_REGS;
	e.recipe = in_question(e.recipe, ret);
	if ((e.recipe & R_PARTS) == (__u64)A_FD << 16 && !fd_file(t, (__s32)e.args[0]))
		e.recipe &= ~R_PARTS; /* a close: the file is gone */
	if (e.recipe & R_PARTS)
		bulk_parts(&e, t, r, c);
	else
		bulk_plain(&e, t);
	return 0;
}

#endif
