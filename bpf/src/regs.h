/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Syscall number, entry and arguments from the registers saved at entry. */
#ifndef STOOP_REGS_H
#define STOOP_REGS_H

#if defined(__TARGET_ARCH_x86)
#define TS_COMPAT 2
#define X32_BIT 0x40000000
static __always_inline bool is_compat(struct task_struct *t)
{
	return t->thread_info.status & TS_COMPAT;
}
static __always_inline __s32 regs_nr(struct pt_regs *r)
{
	return (__s32)r->orig_ax & ~X32_BIT;
}
static __always_inline void regs_args(struct pt_regs *r, __u64 *a, bool compat)
{
	if (compat) {
		a[0] = (__u32)r->bx;
		a[1] = (__u32)r->cx;
		a[2] = (__u32)r->dx;
		a[3] = (__u32)r->si;
		a[4] = (__u32)r->di;
		a[5] = (__u32)r->bp;
		return;
	}
	a[0] = r->di;
	a[1] = r->si;
	a[2] = r->dx;
	a[3] = r->r10;
	a[4] = r->r8;
	a[5] = r->r9;
}
#else
#define TIF_32BIT (1UL << 22)
static __always_inline bool is_compat(struct task_struct *t)
{
	return t->thread_info.flags & TIF_32BIT;
}
static __always_inline __s32 regs_nr(struct pt_regs *r)
{
	return r->syscallno;
}
static __always_inline void regs_args(struct pt_regs *r, __u64 *a, bool compat)
{
	a[0] = r->orig_x0; /* regs[0] holds the result by now */
	a[1] = r->regs[1];
	a[2] = r->regs[2];
	a[3] = r->regs[3];
	a[4] = r->regs[4];
	a[5] = r->regs[5];
}
#endif

#endif
