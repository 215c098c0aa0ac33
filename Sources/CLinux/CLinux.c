// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
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

int clinux_poll(void *places, size_t count, int64_t nanoseconds) {
    struct timespec limit = {nanoseconds / 1000000000, nanoseconds % 1000000000};
    return ppoll(places, count, &limit, NULL);
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

int clinux_memory_file(const void *bytes, size_t length) {
    int file = memfd_create("input", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (file < 0) return -errno;
    for (size_t done = 0; done < length;) {
        ssize_t count = write(file, (const char *)bytes + done, length - done);
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

int clinux_has_ended(pid_t pid) {
    siginfo_t found = {0};
    return waitid(P_PID, (id_t)pid, &found, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           found.si_pid == pid;
}

static int spawn(const char *path, char *const argv[], char *const envp[], const char *directory,
                 const int standard[3], pid_t *pid) {
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
    for (int i = 0; i < 3 && !why; i++)
        why = posix_spawn_file_actions_adddup2(&actions, standard[i], i);
    if (!why) why = posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    if (!why && directory) why = posix_spawn_file_actions_addchdir_np(&actions, directory);
    if (!why) why = posix_spawn(pid, path, &actions, &attributes, argv, envp);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return why;
}

int clinux_spawn(const char *path, char *const argv[], char *const envp[], const char *directory,
                 const int standard[3], pid_t *pid) {
    // One after the other is copied to 0, 1 and 2: one that lies there itself, because the caller
    // has closed its own, would be written over before its turn.
    int copies[3] = {-1, -1, -1};
    int why = 0;
    for (int i = 0; i < 3 && !why; i++) {
        copies[i] = fcntl(standard[i], F_DUPFD_CLOEXEC, 3);
        if (copies[i] < 0) why = errno;
    }
    if (!why) why = spawn(path, argv, envp, directory, copies, pid);
    for (int i = 0; i < 3; i++)
        if (copies[i] >= 0) close(copies[i]);
    return why;
}

int clinux_signals(const int *numbers, size_t count) {
    sigset_t set;
    sigemptyset(&set);
    for (size_t place = 0; place < count; place++) {
        if (sigaddset(&set, numbers[place]) != 0) return -errno;
    }
    int blocked = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (blocked != 0) return -blocked;
    int descriptor = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return descriptor >= 0 ? descriptor : -errno;
}

int clinux_next_signal(int descriptor) {
    struct signalfd_siginfo info;
    ssize_t count = read(descriptor, &info, sizeof info);
    return count == sizeof info ? (int)info.ssi_signo : 0;
}
