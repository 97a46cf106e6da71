/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Sending a finished record: to the event buffer, to a ring; counting what is lost. */
#ifndef STOOP_EMIT_H
#define STOOP_EMIT_H

static __always_inline struct loss *loss_of(__u64 key)
{
	struct loss *l = bpf_map_lookup_elem(&losses, &key), fresh = {};
	__u32 zero = 0;

	if (l)
		return l;
	bpf_map_update_elem(&losses, &key, &fresh, BPF_NOEXIST);
	l = bpf_map_lookup_elem(&losses, &key);
	return l ? l : bpf_map_lookup_elem(&losses_rest, &zero);
}

#define LOST(key, why)                             \
	({                                         \
		struct loss *__l = loss_of(key);   \
		if (__l)                           \
			__l->why++;                \
	})

/* Length of the finished record, a multiple of 8. */
static __always_inline __u32 finish(struct scratch *s)
{
	__u32 len = s->off;

	bounded(len);
	if (len > REC_MAX)
		len = REC_MAX; /* never: part_room keeps to it */
	hdr(s)->len = len;
	return len;
}

static __always_inline void emit(struct scratch *s, __u32 len, __u64 key)
{
	bounded(len);
	if (len > REC_MAX || bpf_ringbuf_output(&events, s->buf, len, BPF_RB_NO_WAKEUP))
		LOST(key, full);
}

static __always_inline void count_made(struct ring_head *h)
{
	__u32 cpu = bpf_get_smp_processor_id();

	if (many_cpus)
		__sync_fetch_and_add(&h->made[0], 1);
	else if (cpu < MADE_CPUS)
		h->made[cpu]++; /* nothing else runs on this CPU meanwhile */
}

/* Stores the mark after everything before it. */
static __always_inline void publish(__u64 *at, __u64 mark)
{
#if defined(__TARGET_ARCH_x86)
	asm volatile("" ::: "memory"); /* stores are seen in order */
	*(volatile __u64 *)at = mark;
#else
	__sync_lock_test_and_set(at, mark); /* fully ordered */
#endif
}

/*
 * Takes room for a record of len bytes in ring number seat-1. Returns where its
 * head mark goes and the record after it; NULL when the ring is broken, which is
 * counted as made or as lost.
 */
static __always_inline __u8 *ring_take(__u32 seat, __u32 len, __u64 key, __u64 *mark)
{
	__u32 slot = seat - 1, index, at;
	void *ring = bpf_map_lookup_elem(&rings, &slot);
	struct ring_head *head = bpf_map_lookup_elem(&ring_heads, &slot);
	struct chunk *c;
	__u64 pos;

	if (!ring || !head || len > REC_MAX) {
		LOST(key, broken);
		return NULL;
	}
	pos = __sync_fetch_and_add(&head->pos, len + 16);
	count_made(head);
	index = (pos / CHUNK) & (head->chunks - 1);
	c = bpf_map_lookup_elem(ring, &index);
	if (!c)
		return NULL; /* counted by made, seen by the reader as torn */
	at = pos & (CHUNK - 8);
	bounded(at);
	if (at > CHUNK - 8)
		return NULL;
	*mark = pos ^ ring_seed;
	return c->data + at;
}

/* Sets the marks around a record that is whole. */
static __always_inline void ring_give(__u8 *at, __u32 len, __u64 mark)
{
	bounded(len);
	if (len > REC_MAX)
		return;
	*(__u64 *)(at + 8 + (len & ~7)) = ~mark;
	publish((__u64 *)at, mark);
}

#define BLOCK 8		 /* words that are copied in one go: a header */
#define BLOCKS_INLINE 8 /* longer records are copied by helper */

/* Block by block; the last one ends where the record does. */
static __always_inline void copy_record(__u8 *to, const __u8 *from, __u32 len)
{
	__u32 last = len - 8 * BLOCK;

	bounded(last);
	if (last > REC_MAX - 8 * BLOCK)
		return;
	if (last > 8 * BLOCK * BLOCKS_INLINE) {
		bpf_probe_read_kernel(to, last + 8 * BLOCK, from);
		return;
	}
#pragma unroll
	for (int b = 0; b < BLOCKS_INLINE; b++) {
		if (last > 8 * BLOCK * b)
#pragma unroll
			for (int i = BLOCK * b; i < BLOCK * (b + 1); i++)
				((__u64 *)to)[i] = ((__u64 *)from)[i];
	}
#pragma unroll
	for (int i = 0; i < BLOCK; i++)
		((__u64 *)(to + last))[i] = ((__u64 *)(from + last))[i];
}

static __always_inline void ring_copy(struct scratch *s, __u32 seat, __u64 key)
{
	__u32 len = hdr(s)->len;
	__u64 mark;
	__u8 *at = ring_take(seat, len, key, &mark);

	if (!at)
		return;
	copy_record(at + 8, s->buf, len);
	ring_give(at, len, mark);
}

/* Writes the record to ring number seat-1. */
__noinline int ring_write(struct scratch *s, __u32 seat, __u64 key)
{
	if (s)
		ring_copy(s, seat, key);
	return 0;
}

/*
 * The cgroup's seat. One with its own pid namespace, thus a container, that has
 * none yet gets a ring from the pool, so that its first deeds are kept.
 */
static __always_inline struct seat *seat_of(struct task_struct *t, __u64 key, __u32 options)
{
	struct seat *seat = bpf_map_lookup_elem(&seats, &key), fresh = {};
	struct pid *pid;
	__u32 slot;

	if (seat || !(options & OPT_CLAIM))
		return seat;
	pid = HOP(struct task_struct, t, thread_pid);
	if (!pid || !pid->level)
		return NULL;
	if (bpf_map_pop_elem(&pool, &slot)) {
		LOST(key, no_ring);
		return NULL;
	}
	fresh.deeds = slot + 1;
	if (bpf_map_update_elem(&seats, &key, &fresh, BPF_NOEXIST))
		bpf_map_push_elem(&pool, &slot, BPF_ANY); /* another CPU was faster */
	return bpf_map_lookup_elem(&seats, &key);
}

#endif
