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

#define SHORT_WORDS 14 /* a record of six arguments without parts */

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

/* Writes the record to ring number seat-1. */
__noinline int ring_write(struct scratch *s, __u32 seat, __u64 key)
{
	__u32 slot = seat - 1, index = 0, at, len;
	struct ring_head *head;
	struct chunk *c;
	__u64 pos, mark;
	void *ring;

	if (!s)
		return 0;
	len = hdr(s)->len;
	ring = bpf_map_lookup_elem(&rings, &slot);
	head = bpf_map_lookup_elem(&ring_heads, &slot);
	if (!ring || !head || len > REC_MAX)
		goto broken;
	pos = __sync_fetch_and_add(&head->pos, len + 16);
	count_made(head);
	index = (pos / CHUNK) & (head->chunks - 1);
	c = bpf_map_lookup_elem(ring, &index);
	if (!c)
		return 0; /* counted by made, seen by the reader as torn */
	at = pos & (CHUNK - 8);
	bounded(at);
	bounded(len);
	if (at > CHUNK - 8 || len > REC_MAX)
		return 0;
	mark = pos ^ ring_seed;
	if (len <= 8 * SHORT_WORDS) {
		__u64 *to = (__u64 *)(c->data + at + 8), *from = (__u64 *)s->buf;

#pragma unroll
		for (int i = 0; i < SHORT_WORDS; i++)
			if (i < sizeof(struct rec_hdr) / 8 || len > 8 * i)
				to[i] = from[i];
	} else {
		bpf_probe_read_kernel(c->data + at + 8, len, s->buf);
	}
	*(__u64 *)(c->data + at + 8 + (len & ~7)) = ~mark;
	publish((__u64 *)(c->data + at), mark);
	return 0;
broken:
	LOST(key, broken);
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
	pid = t->thread_pid;
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
