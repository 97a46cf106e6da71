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
	return compat ? bpf_map_lookup_elem(&calls32, &nr) : bpf_map_lookup_elem(&calls, &nr);
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

/* The bulk recorder: every syscall of the cgroups chosen for it. */
static __always_inline int bulk(struct pt_regs *r, __s64 ret)
{
	struct task_struct *t = (void *)bpf_get_current_task_btf();
	__u64 key = cgroup_key(t), recipe = 6, *since;
	struct scratch *s;
	struct settings *c;
	struct call *call;
	__u32 zero = 0, len, ring = bulk_ring(key);
	bool compat;
	__s32 nr;

	if (!ring)
		return 0;
	c = bpf_map_lookup_elem(&config, &zero);
	s = bpf_map_lookup_elem(&scratches, &zero);
	if (!c || !s) {
		LOST(key, broken);
		return 0;
	}
	compat = is_compat(t);
	nr = regs_nr(r);
	call = call_of(nr, compat);
	if (call)
		recipe = call->recipe;
	begin(s, t, KIND_SYSCALL, nr, ret, key, REC_BULK | (compat ? REC_COMPAT : 0) | ((recipe & R_EXEC) && !ret ? REC_NO_REGS : 0));
	put_regs(s, r, recipe, compat);
	if (!((recipe & R_EXEC) && ret >= 0))
		collect(s, t, recipe, c->options);
	if (c->options & OPT_DURATION) {
		since = bpf_task_storage_get(&entered, (struct task_struct *)t, NULL, 0);
		if (since && *since) {
			__u64 *p = part_room(s, 8);

			if (p) {
				p[1] = *since;
				part_end(s, p, PART_ENTER, ROLE_TASK, 0, 0, 8);
			}
			*since = 0;
		}
	}
	len = finish(s);
	ring_write(s, ring, key);
	if (c->options & OPT_BULK_DRAIN)
		emit(s, len, key);
	return 0;
}

#endif
