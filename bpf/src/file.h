/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Descriptors: files with their paths, sockets with both ends. */
#ifndef STOOP_FILE_H
#define STOOP_FILE_H

#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define SOCKFS_MAGIC 0x534F434B
#define PIPEFS_MAGIC 0x50495045
#define TMPFS_MAGIC 0x01021994
#define OVERLAYFS_MAGIC 0x794c7630
#define ANON_INODE_MAGIC 0x09041934
#define FMODE_CREATED 0x100000 /* include/linux/fs.h */
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10

static __always_inline struct file *fd_file(struct task_struct *t, __s64 fd)
{
	struct files_struct *files = HOP(struct task_struct, t, files);
	struct fdtable *fdt;

	if (!files || fd < 0)
		return NULL;
	fdt = files->fdt;
	if ((__u64)fd >= fdt->max_fds)
		return NULL;
	return (struct file *)word_at((__u64)(fdt->fd + fd));
}

static __always_inline __u64 sock_ino(struct sock *sk)
{
	struct socket *so = sk ? GET(struct sock, sk, sk_socket) : NULL;
	struct file *f = so ? GET(struct socket, so, file) : NULL;
	struct inode *i = f ? GET(struct file, f, f_inode) : NULL;

	return i ? GET(struct inode, i, i_ino) : 0;
}

__noinline int put_unix(struct scratch *s, __u64 sock, __u32 role, __u32 flags)
{
	struct unix_address *a;
	__u32 len;
	void *p;

	if (!s)
		return 0;
	a = BPF_CORE_READ((struct unix_sock *)sock, addr);
	if (!a)
		return 0;
	len = BPF_CORE_READ(a, len) - 2; /* without the family */
	if (len > 108)
		return 0;
	p = part_room(s, 128);
	if (!p) {
		part_lost(s, PART_UNIX);
		return 0;
	}
	bounded(len);
	if (len > 108)
		return 0;
	bpf_probe_read_kernel(p + sizeof(struct part_hdr), len, (void *)a + bpf_core_field_offset(struct unix_address, name) + 2);
	part_end(s, p, PART_UNIX, role, flags, 0, len);
	return 0;
}

__noinline int put_sock(struct scratch *s, __u64 sock, __u64 ino, __u32 role)
{
	struct sock *sk = (void *)sock, *peer = NULL;
	__u16 family;

	if (!s)
		return 0;
	PART(s, struct part_sock, p, PART_SOCK);
	__builtin_memset(p, 0, sizeof(*p));
	family = GET(struct sock, sk, __sk_common.skc_family);
	p->family = family;
	p->type = GET(struct sock, sk, sk_type);
	p->proto = BPF_CORE_READ_BITFIELD_PROBED(sk, sk_protocol);
	p->state = GET(struct sock, sk, __sk_common.skc_state);
	p->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	p->ino = ino;
	if (family == AF_INET || family == AF_INET6) {
		p->sport = GET(struct sock, sk, __sk_common.skc_num);
		p->dport = __builtin_bswap16(GET(struct sock, sk, __sk_common.skc_dport));
	}
	if (family == AF_INET) {
		*(__u32 *)p->saddr = GET(struct sock, sk, __sk_common.skc_rcv_saddr);
		*(__u32 *)p->daddr = GET(struct sock, sk, __sk_common.skc_daddr);
	} else if (family == AF_INET6 && bpf_core_field_exists(sk->__sk_common.skc_v6_daddr)) {
		bpf_core_read(p->saddr, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_core_read(p->daddr, 16, &sk->__sk_common.skc_v6_daddr);
	} else if (family == AF_UNIX) {
		peer = BPF_CORE_READ((struct unix_sock *)sk, peer);
		p->peer = sock_ino(peer);
	}
	PART_DONE(s, p, PART_SOCK, role, 0);
	if (family == AF_UNIX) {
		put_unix(s, sock, role, 0);
		if (peer)
			put_unix(s, scalar(s, peer), role, PART_PEER);
	}
	return 0;
}

/* Everything about a struct file: PART_FILE, then PART_PATH or PART_SOCK. */
__noinline int put_file(struct scratch *s, __u64 file, __u32 fd, __u32 role)
{
	struct file *f = (void *)file;
	struct inode *i;
	struct super_block *sb;
	__u32 magic;
	__u16 mode;
	__u8 marks = 0;

	if (!s || !f)
		return 0;
	PART(s, struct part_file, p, PART_FILE);
	i = GET(struct file, f, f_inode);
	sb = GET(struct inode, i, i_sb);
	magic = GET(struct super_block, sb, s_magic);
	mode = GET(struct inode, i, i_mode);
	p->ino = GET(struct inode, i, i_ino);
	p->dev = GET(struct super_block, sb, s_dev);
	p->fd = fd;
	p->flags = GET(struct file, f, f_flags);
	p->mode = mode;
	p->uid = GET(struct inode, i, i_uid.val);
	p->gid = GET(struct inode, i, i_gid.val);
	p->magic = magic;
	p->rdev = GET(struct inode, i, i_rdev);
	p->type = FD_OTHER;
	switch (mode >> 12) {
	case 010: p->type = FD_REG; break;
	case 004: p->type = FD_DIR; break;
	case 002: p->type = FD_CHR; break;
	case 006: p->type = FD_BLK; break;
	case 001: p->type = FD_FIFO; break;
	case 014: p->type = FD_SOCK; break;
	case 012: p->type = FD_LNK; break;
	}
	if (magic == ANON_INODE_MAGIC || (mode & S_IFMT) == 0)
		p->type = FD_ANON;
	if (!GET(struct inode, i, i_nlink))
		marks |= FILE_UNLINKED;
	if (magic == OVERLAYFS_MAGIC) {
		/* struct ovl_inode: __upperdentry follows vfs_inode (fs/overlayfs/ovl_entry.h) */
		marks |= word_at((__u64)i + bpf_core_type_size(struct inode)) ? FILE_UPPER : FILE_LOWER;
	}
	if (magic == PIPEFS_MAGIC)
		marks |= FILE_PIPEFS;
	if (GET(struct file, f, f_mode) & FMODE_CREATED)
		marks |= FILE_CREATED;
	if (magic == TMPFS_MAGIC && p->type == FD_REG) {
		struct dentry *d = GET(struct file, f, f_path.dentry);

		/* memfd_create: a lone dentry on a mount that is nowhere (mm/memfd.c) */
		if (GET(struct dentry, d, d_parent) == d)
			marks |= FILE_MEMFD;
	}
	p->marks = marks;
	PART_DONE(s, p, PART_FILE, role, 0);

	if (magic == SOCKFS_MAGIC) {
		struct socket *so = GET(struct file, f, private_data);
		struct sock *sk = so ? GET(struct socket, so, sk) : NULL;

		if (sk)
			put_sock(s, scalar(s, sk), GET(struct inode, i, i_ino), role);
		return 0;
	}
	if (magic == PIPEFS_MAGIC)
		return 0;
	put_path(s, scalar(s, GET(struct file, f, f_path.dentry)), scalar(s, GET(struct file, f, f_path.mnt)), role);
	return 0;
}

/* The working directory, as PART_PATH of ROLE_CWD. */
static __always_inline int put_cwd(struct scratch *s, struct task_struct *t)
{
	struct fs_struct *fs = HOP(struct task_struct, t, fs);

	if (fs)
		put_path(s, scalar(s, fs->pwd.dentry), scalar(s, fs->pwd.mnt), ROLE_CWD);
	return 0;
}

#endif
