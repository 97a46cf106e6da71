/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * Reading kernel objects through untyped pointers. Where the kernel has
 * bpf_rdonly_cast (6.2) a member costs one load; elsewhere it costs a helper call.
 */
#ifndef STOOP_READ_H
#define STOOP_READ_H

extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __attribute__((section(".ksyms"))) __attribute__((weak));

#define can_cast() (!!bpf_rdonly_cast)
#define cast(type, p) ((type *)bpf_rdonly_cast((const void *)(p), bpf_core_type_id_kernel(type)))

/* GET(struct dentry, p, d_parent): value of a member that is a number or a pointer. */
#define GET(type, p, member)                                                          \
	({                                                                            \
		typeof(((type *)0)->member) __v;                                      \
		if (can_cast())                                                       \
			__v = cast(type, p)->member;                                  \
		else                                                                  \
			bpf_core_read(&__v, sizeof(__v), &((type *)(p))->member);     \
		__v;                                                                  \
	})

/*
 * HOP(struct task_struct, t, cred): the object that a member of a typed pointer
 * points to. To follow a pointer from one that it trusts, the verifier looks the
 * type's name up among all of the kernel's, up to four times and a quarter of a
 * millisecond each (6.4 and later: btf_nested_type_is_trusted). From a cast one
 * it does not, and checks our largest program in a fifth of the time.
 */
#define HOP(type, p, member) (can_cast() ? cast(type, p)->member : (p)->member)

/* Another shape of the same structure on other kernels: always by helper. */
#define GET_SLOW(type, p, member)                                                     \
	({                                                                            \
		typeof(((type *)0)->member) __v = {};                                 \
		bpf_core_read(&__v, sizeof(__v), &((type *)(p))->member);             \
		__v;                                                                  \
	})

/*
 * Eight bytes at any kernel address. A structure of two plain words serves as a
 * window: a load that faults gives 0, as with the helper.
 */
static __always_inline __u64 word_at(__u64 p)
{
	__u64 v = 0;

	if (can_cast())
		return cast(struct timespec64, p)->tv_sec;
	bpf_probe_read_kernel(&v, sizeof(v), (void *)p);
	return v;
}

/* Keeps the compiler from forgetting a bound that the verifier must see. */
#define bounded(x) asm volatile("" : "+r"(x))

#endif
