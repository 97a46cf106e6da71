/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Putting a record together in scratch memory. */
#ifndef STOOP_BUILD_H
#define STOOP_BUILD_H

/*
 * Functions that are not static are verified once, by themselves, and not again
 * at every call. They take no typed kernel pointers, so those pass as numbers:
 * a trip through memory makes one of them.
 */
static __always_inline __u64 scalar(struct scratch *s, const void *p)
{
	*(volatile __u64 *)&s->pointer = (__u64)p;
	return *(volatile __u64 *)&s->pointer;
}

#define hdr(s) ((struct rec_hdr *)(s)->buf)

/* Room for a part of n bytes (a constant of at most 4096); NULL when the record is full. */
static __always_inline void *part_room(struct scratch *s, __u32 n)
{
	__u32 off = s->off;

	if (off > REC_MAX - sizeof(struct part_hdr) - n)
		return NULL;
	bounded(off);
	if (off > REC_MAX)
		return NULL;
	return s->buf + off;
}

static __always_inline void part_lost(struct scratch *s, __u8 tag)
{
	hdr(s)->flags |= REC_CUT;
	hdr(s)->lost_parts |= 1 << (tag & 15);
}

/* Closes the part that starts at p, whose payload of n bytes is already there. */
static __always_inline void part_end(struct scratch *s, void *p, __u8 tag, __u8 role, __u8 flags, __u8 aux, __u32 n)
{
	struct part_hdr *h = p;

	h->tag = tag;
	h->role = role;
	h->flags = flags;
	h->aux = aux;
	h->len = n;
	hdr(s)->nparts++;
	s->off += (sizeof(*h) + n + 7) & ~7;
}

/* PART_ENTER, 16 bytes with its header. */
static __always_inline void put_enter(__u64 *to, __u64 since)
{
	*(struct part_hdr *)to = (struct part_hdr){.tag = PART_ENTER, .role = ROLE_TASK, .len = 8};
	to[1] = since;
}

/* A part of fixed shape: declares a pointer to its payload or gives up. */
#define PART(s, type, var, tag)                                                       \
	void *var##_at = part_room(s, sizeof(type));                                  \
	if (!var##_at) {                                                              \
		part_lost(s, tag);                                                    \
		return 0;                                                             \
	}                                                                             \
	type *var = var##_at + sizeof(struct part_hdr)
#define PART_DONE(s, var, tag, role, aux) part_end(s, var##_at, tag, role, 0, aux, sizeof(*var))

#endif
