// SPDX-License-Identifier: Apache-2.0
//
// What Swift's Glibc module hides: peer credentials, eventfd, thread names, errno names,
// children of their own process group.
// Nothing here decides anything; each function is one system call or one look-up.
#ifndef CLINUX_H
#define CLINUX_H

#include <stdint.h>
#include <sys/types.h>

/// SO_PEERCRED of a connected Unix socket. Returns 0, or an errno. unix(7).
int clinux_peer_credentials(int socket, uint32_t *uid, uint32_t *gid, int32_t *pid);

/// SO_PEERGROUPS: supplementary groups of the peer. `*count` holds the room on entry and the
/// number found on return, also when the room was too small (ERANGE; no group is written then).
/// Returns 0, or an errno. unix(7).
int clinux_peer_groups(int socket, uint32_t *groups, uint32_t *count);

/// eventfd(2) with EFD_CLOEXEC | EFD_NONBLOCK. Returns the descriptor, or -errno.
int clinux_eventfd(void);

/// ppoll(2) of `count` struct pollfd without a signal mask: poll(2) to the nanosecond. Returns how many
/// are ready, 0 at the end of the time, or -1 with errno.
int clinux_poll(void *places, size_t count, int64_t nanoseconds);

/// accept4(2) with SOCK_CLOEXEC | SOCK_NONBLOCK. Returns the descriptor, or -errno.
int clinux_accept(int listener);

/// pidfd_open(2) of a child, closed on exec. Returns the descriptor, or -errno.
int clinux_pidfd(int32_t pid);

/// openat(2) with O_PATH | O_NOFOLLOW | O_CLOEXEC: what stands in `folder` under `name`, itself and
/// not what a link leads to. Returns the descriptor, or -errno.
int clinux_find(int folder, const char *name);

/// pipe2(2) with O_CLOEXEC; `ends` has room for two. Returns 0, or -1 with errno.
int clinux_pipe(int *ends);

/// pthread_setname_np(3) for the calling thread; at most 15 bytes are kept.
void clinux_name_thread(const char *name);

/// strerrorname_np(3): "ENOENT" for 2. NULL when the number is none. Static storage.
const char *clinux_errno_name(int number);

/// strerrordesc_np(3): "No such file or directory" for 2, in English whatever the locale.
const char *clinux_errno_text(int number);

/// A sealed memory file that holds the bytes, read position at the start: as a child's input it can
/// be read again, and no writer can block or be killed by SIGPIPE. Returns it, or -errno.
int clinux_memory_file(const void *bytes, size_t length);

/// Whether the child has ended; it is not reaped, so that its number stays its own. waitid(2).
int clinux_has_ended(pid_t pid);

/// Runs `path` with posix_spawn(3): leader of its own process group, default signals, no signal
/// blocked, the three descriptors of `standard` as 0, 1 and 2, and no other; in `directory` unless
/// that is NULL. Returns 0, or an errno, and then nothing runs.
int clinux_spawn(const char *path, char *const argv[], char *const envp[], const char *directory,
                 const int standard[3], pid_t *pid);

/// Blocks the signals on the calling thread, and gives a descriptor on which they are read in their
/// place, signalfd(2), closed on exec. Returns it, or -errno.
int clinux_signals(const int *numbers, size_t count);

/// The number of a signal that waits on such a descriptor; 0: none. Never waits.
int clinux_next_signal(int descriptor);

/// From now on a page of a mapped file that is gone reads as zeros on the calling thread, which is
/// otherwise SIGBUS. Installs a handler for the whole process, once.
void clinux_guard_pages(void);

/// From now on such a page is SIGBUS again on the calling thread.
void clinux_unguard_pages(void);

/// How many pages were gone so far on the calling thread.
unsigned long clinux_lost_pages(void);

/// From now on jobs of Swift's global executor are given to `take_job`, in the place of Dispatch. Before
/// the first task is made.
void clinux_take_jobs(void (*take_job)(void *job));

/// Runs such a job on the calling thread until it waits or ends.
void clinux_run_job(void *job);

#endif
