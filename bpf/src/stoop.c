//go:build ignore
// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
/* The programs. Everything else is in the headers, one concern a file. */
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#include "record.h"
#include "read.h"
#include "maps.h"
#include "ring.h"
#include "build.h"
#include "task.h"
#include "path.h"
#include "file.h"
#include "user.h"
#include "collect.h"
#include "emit.h"
#include "regs.h"
#include "scope.h"
#include "syscall.h"
#include "process.h"
#include "uring.h"

/* Context of syscalls/sys_exit_*: struct syscall_tp_t of kernel/trace/trace_syscalls.c. */
struct syscall_exit {
	__u64 common;
	__s32 nr;
	__s32 pad;
	__s64 ret;
};

SEC("tracepoint/syscalls/sys_exit")
int watch_syscall(struct syscall_exit *ctx)
{
	return watch(NULL, ctx->nr, ctx->ret, 0);
}

/* Fallback, and --compat: sees every syscall, 32-bit ones too. */
SEC("tp_btf/sys_exit")
int watch_raw(__u64 *ctx)
{
	struct pt_regs *r = (void *)ctx[0];
	struct task_struct *t = (void *)bpf_get_current_task_btf();

	return watch(r, regs_nr(r), ctx[1], REC_RAW_TP | (is_compat(t) ? REC_COMPAT : 0));
}

/* --compat beside per-syscall tracepoints: only what those cannot see. */
SEC("tp_btf/sys_exit")
int watch_compat(__u64 *ctx)
{
	struct pt_regs *r = (void *)ctx[0];
	struct task_struct *t = (void *)bpf_get_current_task_btf();

	if (!is_compat(t))
		return 0;
	return watch(r, regs_nr(r), ctx[1], REC_RAW_TP | REC_COMPAT);
}

SEC("tp_btf/sys_exit")
int record_bulk(__u64 *ctx)
{
	return bulk((void *)ctx[0], ctx[1]);
}

SEC("tp_btf/sys_enter")
int record_enter(__u64 *ctx)
{
	struct task_struct *t = (void *)bpf_get_current_task_btf();
	__u64 key = cgroup_key(t), *since;

	if (!bulk_ring(key))
		return 0;
	since = bpf_task_storage_get(&entered, t, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (since)
		*since = bpf_ktime_get_boot_ns();
	return 0;
}

SEC("tp_btf/sched_process_exec")
int process_exec(__u64 *ctx)
{
	return on_exec((void *)ctx[0], ctx[1], (void *)ctx[2]);
}

SEC("tp_btf/sched_process_fork")
int process_fork(__u64 *ctx)
{
	return on_fork((void *)ctx[0], (void *)ctx[1]);
}

SEC("tp_btf/sched_process_exit")
int process_exit(__u64 *ctx)
{
	return on_exit((void *)ctx[0]);
}

SEC("tp_btf/task_rename")
int process_rename(__u64 *ctx)
{
	return on_rename((void *)ctx[0], (void *)ctx[1]);
}

/* io_uring_submit_req of 6.3; io_uring_submit_sqe of 6.0 has the same first argument. */
SEC("tp_btf/io_uring_submit_req")
int uring_submit(__u64 *ctx)
{
	return on_submit(ctx[0]);
}

SEC("tp_btf/io_uring_submit_sqe")
int uring_submit_sqe(__u64 *ctx)
{
	return on_submit(ctx[0]);
}

/* After 6.12 the result comes in the completion queue's entry, before as an argument. */
SEC("tp_btf/io_uring_complete")
int uring_complete(__u64 *ctx)
{
	struct io_uring_cqe *cqe = (void *)ctx[2];

	return on_complete(ctx[1], cqe->user_data, cqe->res);
}

SEC("tp_btf/io_uring_complete")
int uring_complete_res(__u64 *ctx)
{
	return on_complete(ctx[1], ctx[2], (__s32)ctx[3]);
}

/* So that their shapes get into the object, where TestLayout compares them with parts.go. */
const struct chunk *shape_chunk __attribute__((unused));
const struct part_caps *shape_caps __attribute__((unused));
const struct part_child *shape_child __attribute__((unused));
const struct part_creds *shape_creds __attribute__((unused));
const struct part_exe *shape_exe __attribute__((unused));
const struct part_exit *shape_exit __attribute__((unused));
const struct part_file *shape_file __attribute__((unused));
const struct part_ns *shape_ns __attribute__((unused));
const struct part_sock *shape_sock __attribute__((unused));
const struct part_task *shape_task __attribute__((unused));
const struct part_uring *shape_uring __attribute__((unused));
const struct part_hdr *shape_part __attribute__((unused));
const struct rec_hdr *shape_hdr __attribute__((unused));

/* The source may be had under either licence; the kernel is told of the one that it needs. */
char LICENSE[] SEC("license") = "GPL";
