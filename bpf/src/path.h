/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Full path of a dentry, seen from the root of the running process. */
#ifndef STOOP_PATH_H
#define STOOP_PATH_H

#define PATH_STEPS 32	/* names and mounts crossed */
#define PATH_BYTES 2048 /* of all names */
#define SHORT_NAME 32	/* copied word by word: most names, and a helper call costs more */

/*
 * Follows d_parent and, at the root of a mount, its mountpoint, as
 * fs/d_path.c prepend_path() does, without its locks: a rename at the same
 * moment may mix the old and the new name of a directory.
 */
__noinline int put_path(struct scratch *s, __u64 dentry, __u64 vfsmount, __u32 role)
{
	struct task_struct *t = (void *)bpf_get_current_task_btf();
	struct fs_struct *fs = HOP(struct task_struct, t, fs);
	__u64 root = 0, root_mnt = 0, d = dentry, m = vfsmount, top;
	struct part_hdr *p;
	__u32 begin;

	if (!s)
		return 0;
	begin = s->off;
	p = part_room(s, 256);
	if (!p) {
		part_lost(s, PART_PATH);
		return 0;
	}
	if (fs) {
		root = scalar(s, fs->root.dentry);
		root_mnt = scalar(s, fs->root.mnt);
	}
	/* what grows is kept in memory, so that all rounds look alike to the verifier */
	p->tag = PART_PATH;
	p->role = role;
	p->flags = PART_CUT;
	p->aux = 0;
	s->off += sizeof(*p);
	top = scalar(s, GET(struct vfsmount, m, mnt_root));
	for (int i = 0; i < PATH_STEPS; i++) {
		const unsigned char *name;
		__u32 len, off;
		__u64 parent;

		if (d == root && m == root_mnt) {
			p->flags &= ~PART_CUT;
			break;
		}
		if (d == top) {
			__u64 mnt = m - bpf_core_field_offset(struct mount, mnt);
			__u64 up = scalar(s, GET(struct mount, mnt, mnt_parent));

			if (up == mnt) {
				p->flags ^= PART_CUT | PART_UNREACHABLE;
				break;
			}
			d = scalar(s, GET(struct mount, mnt, mnt_mountpoint));
			m = up + bpf_core_field_offset(struct mount, mnt);
			top = scalar(s, GET(struct vfsmount, m, mnt_root));
			continue;
		}
		parent = scalar(s, GET(struct dentry, d, d_parent));
		len = GET(struct dentry, d, d_name.len);
		name = GET(struct dentry, d, d_name.name);
		off = s->off;
		if (off > REC_MAX - 256 || off - begin > PATH_BYTES)
			break;
		bounded(off);
		bounded(len);
		if (off > REC_MAX - 256 || len > 255)
			break;
		s->buf[off] = len;
		if (can_cast() && len <= SHORT_NAME) {
			__u64 *to = (__u64 *)(s->buf + off + 1), from = (__u64)name;

			/* without branches, which cost the verifier more than the copies cost us */
			to[0] = word_at(from);
			to[1] = word_at(from + 8);
			to[2] = word_at(from + 16);
			to[3] = word_at(from + 24);
		} else {
			bpf_probe_read_kernel(s->buf + off + 1, len, name);
		}
		s->off = off + 1 + len;
		p->aux++;
		if (parent == d) { /* a pseudo file, or a tree that was cut off */
			p->flags &= ~PART_CUT;
			break;
		}
		d = parent;
	}
	if (p->aux && !GET(struct dentry, dentry, d_hash.pprev) && scalar(s, GET(struct dentry, dentry, d_parent)) != dentry)
		p->flags |= PART_DELETED;
	p->len = s->off - begin - sizeof(*p);
	s->off = (s->off + 7) & ~7;
	hdr(s)->nparts++;
	return 0;
}

#endif
