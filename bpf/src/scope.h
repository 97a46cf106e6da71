/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * The part of a filter that the kernel tests: cgroup, user, name of the process.
 *
 * A process is called as its main thread is, in user space's table too, which
 * hears of every renaming. The two change within moments of each other, while
 * other threads go on: a process that gives up or takes a name of the filter is
 * let through from then on, whatever its name, until its next exec.
 */
#ifndef STOOP_SCOPE_H
#define STOOP_SCOPE_H

static __always_inline void copy_name(struct name *to, const void *from)
{
	__builtin_memset(to, 0, sizeof(*to));
	bpf_probe_read_kernel_str(to->s, sizeof(to->s), from);
}

__noinline int name_in_scope(__u32 mode)
{
	struct task_struct *t = (void *)bpf_get_current_task_btf(), *leader = HOP(struct task_struct, t, group_leader);
	__u32 tgid = t->tgid;
	struct name name;

	if (t->flags & PF_KTHREAD)
		return 1; /* /proc calls them otherwise */
	copy_name(&name, (void *)leader + bpf_core_field_offset(leader->comm));
	if (!!bpf_map_lookup_elem(&names, &name) == (mode == SCOPE_ONLY))
		return 1;
	if (!renamed_kept || (renamed_kept & KEPT_ALL))
		return !!renamed_kept;
	return !!bpf_map_lookup_elem(&renamed, &tgid);
}

/* followed: the call leads the process table, whose users and names are not those of the scope yet. */
static __always_inline bool in_scope(struct settings *c, struct task_struct *t, __u64 key, bool followed)
{
	__u32 uid;

	if (c->cgroup_mode != SCOPE_ALL && !!bpf_map_lookup_elem(&scope, &key) != (c->cgroup_mode == SCOPE_ONLY))
		return false;
	if (!(c->uid_mode | c->name_mode) || followed)
		return true;
	uid = HOP(struct task_struct, t, cred)->euid.val; /* as in the record */
	if (c->uid_mode != SCOPE_ALL && !!bpf_map_lookup_elem(&uids, &uid) != (c->uid_mode == SCOPE_ONLY))
		return false;
	return c->name_mode == SCOPE_ALL || name_in_scope(c->name_mode);
}

/* Before t, a main thread, is called by another name. */
static __always_inline void keep_renamed(struct settings *c, struct task_struct *t, const void *to)
{
	struct name before, after;
	__u32 tgid = t->tgid;
	__u8 yes = 1;

	if (!(c->options & OPT_NAMES))
		return;
	copy_name(&before, (void *)t + bpf_core_field_offset(t->comm));
	copy_name(&after, to);
	if (!bpf_map_lookup_elem(&names, &before) && !bpf_map_lookup_elem(&names, &after))
		return;
	__sync_fetch_and_or(&renamed_kept, KEPT_SOME);
	if (bpf_map_update_elem(&renamed, &tgid, &yes, BPF_ANY))
		__sync_fetch_and_or(&renamed_kept, KEPT_ALL);
}

/* After an exec the name decides alone; after the end there is none. */
static __always_inline void forget_renamed(struct task_struct *t)
{
	__u32 zero = 0, tgid = t->tgid;
	struct settings *c = bpf_map_lookup_elem(&config, &zero);

	if (c && (c->options & OPT_NAMES))
		bpf_map_delete_elem(&renamed, &tgid);
}

#endif
