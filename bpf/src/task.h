/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Who: keys of cgroups, credentials, namespaces, a thread's place among the others. */
#ifndef STOOP_TASK_H
#define STOOP_TASK_H

#define PF_KTHREAD 0x00200000
#define PF_IO_WORKER 0x00000010
#define PID_LEVELS 32 /* of nested namespaces: MAX_PID_NS_LEVEL, linux/pid_namespace.h */

/* Every call of the node pays for this one while something is recorded: loads of trusted pointers are the cheapest. */
static __always_inline __u64 cgroup_key(struct task_struct *t)
{
	if (key_mode == KEY_MEMORY)
		return t->cgroups->subsys[bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id)]->cgroup->kn->id;
	if (key_mode == KEY_MNTNS)
		return t->nsproxy->mnt_ns->ns.inum;
	return t->cgroups->dfl_cgrp->kn->id;
}

/* The header, but for len; args are the caller's to fill. */
static __always_inline void header(struct rec_hdr *h, struct task_struct *t, __u8 kind, __u16 nr, __s64 ret, __u64 key, __u16 flags)
{
	h->nr = nr;
	h->kind = kind;
	h->version = REC_VERSION;
	h->time = bpf_ktime_get_boot_ns();
	h->cgroup = key;
	h->start = HOP(struct task_struct, t, group_leader)->start_boottime;
	h->pid = t->tgid;
	h->tid = t->pid;
	h->ret = ret;
	h->exec_id = t->self_exec_id;
	h->cpu = bpf_get_smp_processor_id();
	h->flags = flags | (t->flags & (PF_KTHREAD | PF_IO_WORKER) ? REC_KTHREAD : 0);
	h->uid = HOP(struct task_struct, t, cred)->euid.val;
	h->nargs = 0;
	h->nparts = 0;
	h->lost_parts = 0;
}

/* Starts a record in scratch memory. */
static __always_inline void begin(struct scratch *s, struct task_struct *t, __u8 kind, __u16 nr, __s64 ret, __u64 key, __u16 flags)
{
	header(hdr(s), t, kind, nr, ret, key, flags);
	s->off = sizeof(struct rec_hdr);
}

static __always_inline int put_creds(struct scratch *s, struct task_struct *t)
{
	const struct cred *c = HOP(struct task_struct, t, cred);

	PART(s, struct part_creds, p, PART_CREDS);
	p->uid = c->uid.val;
	p->gid = c->gid.val;
	p->euid = c->euid.val;
	p->egid = c->egid.val;
	p->suid = c->suid.val;
	p->sgid = c->sgid.val;
	p->fsuid = c->fsuid.val;
	p->fsgid = c->fsgid.val;
	p->loginuid = -1;
	p->sessionid = -1;
	if (bpf_core_field_exists(t->loginuid)) {
		p->loginuid = t->loginuid.val;
		p->sessionid = t->sessionid;
	}
	PART_DONE(s, p, PART_CREDS, ROLE_TASK, 0);

	PART(s, struct part_caps, q, PART_CAPS);
	bpf_core_read(&q->inheritable, 8, &c->cap_inheritable);
	bpf_core_read(&q->permitted, 8, &c->cap_permitted);
	bpf_core_read(&q->effective, 8, &c->cap_effective);
	bpf_core_read(&q->bounding, 8, &c->cap_bset);
	bpf_core_read(&q->ambient, 8, &c->cap_ambient);
	PART_DONE(s, q, PART_CAPS, ROLE_TASK, 0);
	return 0;
}

/* Number of a pid in its own, deepest namespace. */
static __always_inline __u32 pid_vnr(struct pid *pid, struct upid *u)
{
	__u64 level;
	void *at;

	u->nr = 0;
	u->ns = NULL;
	if (!pid)
		return 0;
	/* 6.1 adds to a pointer only what it knows the bounds of */
	level = BPF_CORE_READ(pid, level);
	bounded(level);
	level %= PID_LEVELS;
	/* numbers[] has one entry a level */
	at = (void *)pid + bpf_core_field_offset(struct pid, numbers) + level * bpf_core_type_size(struct upid);
	bpf_probe_read_kernel(&u->nr, sizeof(u->nr), at + bpf_core_field_offset(struct upid, nr));
	bpf_probe_read_kernel(&u->ns, sizeof(u->ns), at + bpf_core_field_offset(struct upid, ns));
	return u->nr;
}

static __always_inline __u32 pid_nr(struct pid *pid)
{
	__u32 nr = 0;

	if (pid)
		bpf_probe_read_kernel(&nr, sizeof(nr),
				      (void *)pid + bpf_core_field_offset(struct pid, numbers) + bpf_core_field_offset(struct upid, nr));
	return nr;
}

static __always_inline int put_task(struct scratch *s, struct task_struct *t, __u8 role)
{
	struct signal_struct *sig = HOP(struct task_struct, t, signal);
	struct pid *pid = HOP(struct task_struct, t, thread_pid), *tgid = sig->pids[PIDTYPE_TGID];
	struct pid *pgid = sig->pids[PIDTYPE_PGID], *sid = sig->pids[PIDTYPE_SID];
	struct tty_struct *tty = sig->tty;
	struct task_struct *parent = HOP(struct task_struct, t, real_parent);
	struct upid u;

	PART(s, struct part_task, p, PART_TASK);
	bpf_core_read(p->comm, sizeof(p->comm), &t->comm);
	p->ppid = parent->tgid;
	p->parent_start = parent->group_leader->start_boottime;
	p->pgid = pid_nr(pgid);
	p->sid = pid_nr(sid);
	p->vtid = pid_vnr(pid, &u);
	p->vpid = pid_vnr(tgid, &u);
	p->vpgid = pid_vnr(pgid, &u);
	p->vsid = pid_vnr(sid, &u);
	p->tty = 0;
	if (tty)
		p->tty = tty->driver->major << 20 | (tty->driver->minor_start + tty->index);
	PART_DONE(s, p, PART_TASK, role, 0);
	return 0;
}

static __always_inline __u32 task_pidns(struct task_struct *t)
{
	struct upid u;

	pid_vnr(HOP(struct task_struct, t, thread_pid), &u);
	return u.ns ? BPF_CORE_READ(u.ns, ns.inum) : 0;
}

static __always_inline int put_ns(struct scratch *s, struct task_struct *t)
{
	struct nsproxy *n = HOP(struct task_struct, t, nsproxy);
	const struct cred___user *c = (void *)HOP(struct task_struct, t, cred);

	if (!n)
		return 0;
	PART(s, struct part_ns, p, PART_NS);
	p->mnt = n->mnt_ns->ns.inum;
	p->net = n->net_ns->ns.inum;
	p->uts = n->uts_ns->ns.inum;
	p->ipc = n->ipc_ns->ns.inum;
	p->cgroup = n->cgroup_ns->ns.inum;
	p->pid_for_children = n->pid_ns_for_children->ns.inum;
	p->pid = task_pidns(t);
	p->user = BPF_CORE_READ(c, user_ns, ns.inum);
	PART_DONE(s, p, PART_NS, ROLE_TASK, 0);
	return 0;
}

#endif
