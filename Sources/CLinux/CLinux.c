// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int clinux_peer_credentials(int socket, uint32_t *uid, uint32_t *gid, int32_t *pid) {
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return errno;
    *uid = peer.uid;
    *gid = peer.gid;
    *pid = peer.pid;
    return 0;
}

int clinux_peer_groups(int socket, uint32_t *groups, uint32_t *count) {
    socklen_t length = (socklen_t)(*count * sizeof(gid_t));
    int failed = getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups, &length);
    int why = failed ? errno : 0;
    *count = (uint32_t)(length / sizeof(gid_t));
    return why;
}

int clinux_eventfd(void) {
    int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return descriptor < 0 ? -errno : descriptor;
}

int clinux_accept(int listener) {
    int descriptor = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    return descriptor < 0 ? -errno : descriptor;
}

int clinux_pidfd(int32_t pid) {
    long descriptor = syscall(SYS_pidfd_open, pid, 0);
    return descriptor < 0 ? -errno : (int)descriptor;
}

int clinux_find(int folder, const char *name) {
    int descriptor = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

int clinux_pipe(int *ends) { return pipe2(ends, O_CLOEXEC); }

void clinux_name_thread(const char *name) {
    char short_name[16];
    strncpy(short_name, name, sizeof short_name - 1);
    short_name[sizeof short_name - 1] = '\0';
    pthread_setname_np(pthread_self(), short_name);
}

const char *clinux_errno_name(int number) { return strerrorname_np(number); }

const char *clinux_errno_text(int number) { return strerrordesc_np(number); }

static void close_all(const int *descriptors, int count) {
    for (int i = 0; i < count; i++)
        if (descriptors[i] >= 0) close(descriptors[i]);
}

/// A sealed memory file that holds the bytes, read position at the start. Returns it, or -errno.
static int input_file(const void *input, size_t length) {
    int file = memfd_create("input", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (file < 0) return -errno;
    for (size_t done = 0; done < length;) {
        ssize_t count = write(file, (const char *)input + done, length - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            int why = errno;
            close(file);
            return -why;
        }
        done += (size_t)count;
    }
    lseek(file, 0, SEEK_SET);
    fcntl(file, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
    return file;
}

static int spawn(const char *path, char *const argv[], char *const envp[], int input, int output,
                 int error, pid_t *pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int why = posix_spawn_file_actions_init(&actions);
    if (why) return why;
    why = posix_spawnattr_init(&attributes);
    if (why) {
        posix_spawn_file_actions_destroy(&actions);
        return why;
    }
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    if (!why) why = posix_spawnattr_setsigmask(&attributes, &none);
    if (!why) why = posix_spawnattr_setsigdefault(&attributes, &all);
    if (!why) why = posix_spawnattr_setpgroup(&attributes, 0);
    if (!why)
        why = posix_spawnattr_setflags(
            &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (!why) why = posix_spawn_file_actions_adddup2(&actions, input, 0);
    if (!why) why = posix_spawn_file_actions_adddup2(&actions, output, 1);
    if (!why) why = posix_spawn_file_actions_adddup2(&actions, error, 2);
    if (!why) why = posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    if (!why) why = posix_spawn_file_actions_addchdir_np(&actions, "/");
    if (!why) why = posix_spawn(pid, path, &actions, &attributes, argv, envp);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return why;
}

int clinux_spawn(const char *path, char *const argv[], char *const envp[], const void *input,
                 size_t length, struct clinux_child *child) {
    // Input, output read and write, error read and write. Each is above 2 as long as the caller
    // has its own 0, 1 and 2 open; dup2 onto itself would leave O_CLOEXEC set.
    int fds[5] = {-1, -1, -1, -1, -1};
    fds[0] = input_file(input, length);
    if (fds[0] < 0) return -fds[0];
    int why = pipe2(fds + 1, O_CLOEXEC) != 0 || pipe2(fds + 3, O_CLOEXEC) != 0 ? errno : 0;
    // Only our ends: the flag belongs to each open end of a pipe.
    if (!why && (fcntl(fds[1], F_SETFL, O_NONBLOCK) != 0 || fcntl(fds[3], F_SETFL, O_NONBLOCK) != 0))
        why = errno;
    pid_t pid = -1;
    if (!why) why = spawn(path, argv, envp, fds[0], fds[2], fds[4], &pid);
    int pidfd = -1;
    if (!why) {
        pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
        if (pidfd < 0) {
            why = errno;
            kill(-pid, SIGKILL);
            waitpid(pid, NULL, 0);
        }
    }
    if (why) {
        close_all(fds, 5);
        return why;
    }
    close(fds[0]);
    close(fds[2]);
    close(fds[4]);
    *child = (struct clinux_child){.pid = pid, .pidfd = pidfd, .output = fds[1], .error = fds[3]};
    return 0;
}
