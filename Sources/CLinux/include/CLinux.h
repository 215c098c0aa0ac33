// SPDX-License-Identifier: Apache-2.0
//
// What Swift's Glibc module hides: peer credentials, eventfd, thread names.
// Nothing here decides anything; each function is one system call.
#ifndef CLINUX_H
#define CLINUX_H

#include <stdint.h>
#include <sys/types.h>

/// SO_PEERCRED of a connected Unix socket. Returns 0, or an errno. unix(7).
int clinux_peer_credentials(int socket, uint32_t *uid, uint32_t *gid, int32_t *pid);

/// SO_PEERGROUPS: supplementary groups of the peer. `*count` holds the room on entry and the
/// number found on return. Returns 0, or an errno (ERANGE when the room is too small). unix(7).
int clinux_peer_groups(int socket, uint32_t *groups, uint32_t *count);

/// eventfd(2) with EFD_CLOEXEC | EFD_NONBLOCK. Returns the descriptor, or -errno.
int clinux_eventfd(void);

/// pthread_setname_np(3) for the calling thread; at most 15 bytes are kept.
void clinux_name_thread(const char *name);

#endif
