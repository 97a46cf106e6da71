/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * Overwriting rings, one a container and kind, mapped by user space.
 *
 * A ring is an array of chunks; a position counts all bytes ever written, and
 * position p lives in chunk (p / CHUNK) % chunks at p % CHUNK. A record begins
 * inside its chunk and may run over into the chunk's slack, so that it is always
 * in one piece. Around each record stand two marks made of its position and a
 * secret: whoever reads at p knows whether p is the start of a whole record of
 * this lap, and can look for the next start after a gap.
 *
 *   head = p ^ seed          stored last
 *   record (rec_hdr, …)
 *   tail = ~(p ^ seed)
 */
#ifndef STOOP_RING_H
#define STOOP_RING_H

#define CHUNK (256 << 10)
#define RING_SLACK (REC_MAX + 64)

struct chunk {
	__u8 data[CHUNK + RING_SLACK];
};

struct ring {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE | BPF_F_INNER_MAP);
	__type(key, __u32);
	__type(value, struct chunk);
};

#define MAX_RINGS 2048
#define MADE_CPUS 120 /* with more CPUs than that all share the first, atomically */

/* Where each ring stands; by the same index as rings, mapped by user space. */
struct ring_head {
	__u64 pos;    /* bytes ever reserved */
	__u64 chunks; /* a power of two, set by user space */
	__u64 pad[6];
	__u64 made[MADE_CPUS]; /* records ever reserved, by CPU */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_RINGS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct ring_head);
} ring_heads SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, MAX_RINGS);
	__type(key, __u32);
	__array(values, struct ring);
} rings SEC(".maps");

/* Which rings a cgroup has: indexes into rings plus one, 0 for none. */
struct seat {
	__u32 deeds;
	__u32 bulk;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_RINGS);
	__type(key, __u64);
	__type(value, struct seat);
} seats SEC(".maps");

/*
 * The bulk rings again, at key % BULK_DIRECT: every syscall of the node asks,
 * and this costs no look into a table. Two cgroups in one place: crowded is set,
 * and the seats tell.
 */
#define BULK_DIRECT 1024
struct direct {
	__u64 key;
	__u32 ring; /* as in seat.bulk */
	__u32 crowded;
};
struct direct bulk_direct[BULK_DIRECT];

static __always_inline __u32 bulk_ring(__u64 key)
{
	struct direct *d = &bulk_direct[key & (BULK_DIRECT - 1)];
	struct seat *seat;

	if (d->key == key)
		return d->ring;
	if (!d->crowded)
		return 0;
	seat = bpf_map_lookup_elem(&seats, &key);
	return seat ? seat->bulk : 0;
}

/* Rings made ahead, for cgroups that user space has not seen yet. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, MAX_RINGS);
	__type(value, __u32);
} pool SEC(".maps");

#endif
