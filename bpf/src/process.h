/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Processes begin, change their image and name, and end. */
#ifndef STOOP_PROCESS_H
#define STOOP_PROCESS_H

#define ARGV_MAX 4096
#define ENV_MAX 2048

/* Where a record of this kind has to go; NULL scratch when nowhere. */
struct where {
	struct scratch *s;
	struct seat *seat;
	__u64 key;
	bool wanted;
};

/* deedlike: of a class that the deeds ring keeps. slot: of scratch memory. */
static __always_inline bool whereto(struct where *w, struct task_struct *t, __u32 option, __u8 kind, __s64 ret, bool deedlike, __u32 slot)
{
	__u32 zero = 0;
	struct settings *c = bpf_map_lookup_elem(&config, &zero);
	bool deed;

	if (!c || t->tgid == c->self)
		return false;
	w->key = cgroup_key(t);
	w->seat = NULL;
	/* Not narrowed by the scope: whoever leads a process table needs them all, and
	 * a process may come into the scope later. */
	w->wanted = c->options & option;
	if (deedlike && (c->options & OPT_DEEDS))
		w->seat = seat_of(t, w->key, c->options);
	deed = w->seat && w->seat->deeds;
	if (!w->wanted && !deed)
		return false;
	w->s = bpf_map_lookup_elem(&scratches, &slot);
	if (!w->s) {
		LOST(w->key, broken);
		return false;
	}
	begin(w->s, t, kind, REC_NO_NR, ret, w->key, deed ? REC_DEED : 0);
	return true;
}

static __always_inline void keep(struct where *w)
{
	finish(w->s);
	if (w->seat && w->seat->deeds)
		ring_write(w->s, w->seat->deeds, w->key);
}

static __always_inline void send(struct where *w)
{
	if (w->wanted)
		emit(w->s, finish(w->s), w->key);
	keep(w);
}

static __always_inline int put_exe(struct scratch *s, struct file *f, __u32 old_tid, struct linux_binprm *b)
{
	struct inode *i = f->f_inode;

	PART(s, struct part_exe, p, PART_EXE);
	__builtin_memset(p, 0, sizeof(*p));
	if (bpf_core_field_exists(i->i_ctime_sec)) {
		/* the top bit of the nanoseconds is a mark of fs/inode.c (I_CTIME_QUERIED) */
		p->ctime = i->i_ctime_sec * 1000000000LL + (i->i_ctime_nsec & ~(1U << 31));
		p->mtime = i->i_mtime_sec * 1000000000LL + i->i_mtime_nsec;
	} else {
		struct inode___ctime2 *i2 = (void *)i;
		struct inode___ctime1 *i1 = (void *)i;
		struct timespec64 c = {}, m = {};

		if (bpf_core_field_exists(i2->__i_ctime))
			bpf_core_read(&c, sizeof(c), &i2->__i_ctime);
		else
			bpf_core_read(&c, sizeof(c), &i1->i_ctime);
		if (bpf_core_field_exists(i2->__i_mtime))
			bpf_core_read(&m, sizeof(m), &i2->__i_mtime);
		else
			bpf_core_read(&m, sizeof(m), &i1->i_mtime);
		p->ctime = c.tv_sec * 1000000000LL + c.tv_nsec;
		p->mtime = m.tv_sec * 1000000000LL + m.tv_nsec;
	}
	p->old_tid = old_tid;
	p->argc = b->argc;
	p->envc = b->envc;
	PART_DONE(s, p, PART_EXE, ROLE_EXE, 0);
	return 0;
}

static __always_inline void put_range(struct scratch *s, __u64 from, __u64 to, __u32 max, __u8 tag)
{
	__u64 n = to - from;
	__u8 flags = 0;

	if (n > max) {
		n = max;
		flags = PART_CUT;
	}
	put_bytes(s, from, n, HOW(tag, ROLE_TASK, flags));
}

static __always_inline int on_exec(struct task_struct *t, __u32 old_tid, struct linux_binprm *b)
{
	struct mm_struct *mm = HOP(struct task_struct, t, mm);
	struct where w;

	forget_renamed(t);
	if (!whereto(&w, t, OPT_EXEC, KIND_EXEC, 0, true, 0))
		return 0;
	put_task(w.s, t, ROLE_TASK);
	put_creds(w.s, t);
	put_ns(w.s, t);
	if (mm) {
		struct file *exe = mm->exe_file;

		put_exe(w.s, exe, old_tid, b);
		put_file(w.s, scalar(w.s, exe), -1, ROLE_EXE);
	}
	put_cwd(w.s, t);
	put_file(w.s, (__u64)fd_file(t, 0), 0, ROLE_STDIN);
	put_file(w.s, (__u64)fd_file(t, 1), 1, ROLE_STDOUT);
	put_file(w.s, (__u64)fd_file(t, 2), 2, ROLE_STDERR);
	if (mm) {
		put_range(w.s, mm->arg_start, mm->arg_end, ARGV_MAX, PART_ARGV);
		put_range(w.s, mm->env_start, mm->env_end, ENV_MAX, PART_ENV);
	}
	send(&w);
	return 0;
}

static __always_inline int put_child(struct scratch *s, struct task_struct *child)
{
	struct upid u;

	PART(s, struct part_child, p, PART_CHILD);
	p->start = HOP(struct task_struct, child, group_leader)->start_boottime;
	p->cgroup = cgroup_key(child);
	p->pid = child->tgid;
	p->tid = child->pid;
	p->vtid = pid_vnr(HOP(struct task_struct, child, thread_pid), &u);
	p->pidns = u.ns ? BPF_CORE_READ(u.ns, ns.inum) : 0;
	p->vpid = pid_vnr(HOP(struct task_struct, child, group_leader)->thread_pid, &u);
	p->exec_id = child->self_exec_id;
	PART_DONE(s, p, PART_CHILD, ROLE_CHILD, 0);
	return 0;
}

/*
 * The deeds ring has new processes too, so that what they do before an exec is
 * known to be theirs. Most are in all the same as who made them, and then the
 * ring does without PART_TASK.
 */
static __always_inline int on_fork(struct task_struct *parent, struct task_struct *child)
{
	bool plain = parent->pid == parent->tgid && HOP(struct task_struct, child, real_parent)->tgid == parent->tgid;
	struct where w;

	if (!whereto(&w, parent, OPT_FORK, KIND_FORK, child->pid, child->pid == child->tgid, 0))
		return 0;
	put_child(w.s, child);
	if (plain)
		keep(&w);
	put_task(w.s, child, ROLE_CHILD);
	if (w.wanted)
		emit(w.s, finish(w.s), w.key);
	if (!plain)
		keep(&w);
	return 0;
}

static __always_inline int put_exit(struct scratch *s, struct task_struct *t)
{
	PART(s, struct part_exit, p, PART_EXIT);
	p->code = t->exit_code;
	p->live = HOP(struct task_struct, t, signal)->live.counter;
	p->utime = t->utime;
	p->stime = t->stime;
	PART_DONE(s, p, PART_EXIT, ROLE_TASK, 0);
	return 0;
}

static __always_inline int on_exit(struct task_struct *t)
{
	struct where w;

	if (!HOP(struct task_struct, t, signal)->live.counter)
		forget_renamed(t);
	if (!whereto(&w, t, OPT_EXIT, KIND_EXIT, t->exit_code, false, 0))
		return 0;
	put_exit(w.s, t);
	send(&w);
	return 0;
}

static __always_inline int put_new_name(struct scratch *s, const void *name)
{
	PART(s, struct name, p, PART_STRING);
	copy_name(p, name);
	PART_DONE(s, p, PART_STRING, ROLE_TASK, 0);
	return 0;
}

/*
 * A thread, not always the current one, is about to be called by another name.
 * Of an exec's the exec record tells.
 */
static __always_inline int on_rename(struct task_struct *t, const void *to)
{
	__u32 zero = 0;
	struct settings *c;
	struct where w;

	if (t->pid != t->tgid)
		return 0;
	c = bpf_map_lookup_elem(&config, &zero);
	if (c)
		keep_renamed(c, t, to);
	if (bpf_core_field_exists(t->in_execve) && BPF_CORE_READ_BITFIELD_PROBED(t, in_execve))
		return 0;
	if (!whereto(&w, t, OPT_RENAME, KIND_RENAME, 0, false, 0))
		return 0;
	put_new_name(w.s, to);
	send(&w);
	return 0;
}

#endif
