// SPDX-License-Identifier: Apache-2.0
//
// The calls that can fail: those by which the store, the ledgers and the journal's reader touch files.
// close(2) is not among them, since Linux closes whatever it says; nor is memory.
// The mistake to avoid: to look at a flag of the process; other tests and threads go on meanwhile.
#define _GNU_SOURCE
#include "CFaults.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static _Thread_local long left = -1;
static _Thread_local int number;
static _Thread_local int goes_on;
static _Thread_local int has_fired;
static _Thread_local const char *failed = "";

void cfaults_arm(long passed, int code, int forever) {
    has_fired = 0;
    number = code;
    goes_on = forever;
    left = passed;
}

int cfaults_disarm(void) {
    left = -1;
    return has_fired;
}

const char *cfaults_call(void) { return failed; }

#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define CFAULTS_OFF
#endif
#endif

// The sanitizers have interceptors of their own under these names.
#ifndef CFAULTS_OFF

static int fails(const char *call) {
    if (left < 0) return 0;
    if (left > 0) {
        left--;
        return 0;
    }
    if (!goes_on) left = -1;
    has_fired = 1;
    failed = call;
    errno = number;
    return 1;
}

#define NEXT(name) \
    static __typeof__(name) *next; \
    if (!next) next = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

#define CALL(type, failure, name, parameters, arguments) \
    type name parameters { \
        NEXT(name); \
        return fails(#name) ? failure : next arguments; \
    }

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        NEXT(name); \
        mode_t mode = 0; \
        if (flags & (O_CREAT | __O_TMPFILE)) { \
            va_list rest; \
            va_start(rest, flags); \
            mode = va_arg(rest, mode_t); \
            va_end(rest); \
        } \
        return fails(#name) ? -1 : next(path, flags, mode); \
    }

#define OPENAT(name) \
    int name(int folder, const char *path, int flags, ...) { \
        NEXT(name); \
        mode_t mode = 0; \
        if (flags & (O_CREAT | __O_TMPFILE)) { \
            va_list rest; \
            va_start(rest, flags); \
            mode = va_arg(rest, mode_t); \
            va_end(rest); \
        } \
        return fails(#name) ? -1 : next(folder, path, flags, mode); \
    }

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
CALL(ssize_t, -1, read, (int file, void *bytes, size_t count), (file, bytes, count))
CALL(ssize_t, -1, pread, (int file, void *bytes, size_t count, off_t at), (file, bytes, count, at))
CALL(ssize_t, -1, pread64, (int file, void *bytes, size_t count, off64_t at), (file, bytes, count, at))
CALL(ssize_t, -1, write, (int file, const void *bytes, size_t count), (file, bytes, count))
CALL(ssize_t, -1, pwrite, (int file, const void *bytes, size_t count, off_t at), (file, bytes, count, at))
CALL(ssize_t, -1, pwrite64, (int file, const void *bytes, size_t count, off64_t at), (file, bytes, count, at))
CALL(int, -1, fsync, (int file), (file))
CALL(int, -1, fdatasync, (int file), (file))
CALL(int, -1, ftruncate, (int file, off_t size), (file, size))
CALL(int, -1, ftruncate64, (int file, off64_t size), (file, size))
CALL(int, -1, rename, (const char *from, const char *to), (from, to))
CALL(int, -1, renameat, (int folder, const char *from, int other, const char *to), (folder, from, other, to))
CALL(int, -1, unlink, (const char *path), (path))
CALL(int, -1, unlinkat, (int folder, const char *path, int flags), (folder, path, flags))
CALL(int, -1, rmdir, (const char *path), (path))
CALL(int, -1, mkdir, (const char *path, mode_t mode), (path, mode))
CALL(int, -1, mkdirat, (int folder, const char *path, mode_t mode), (folder, path, mode))
CALL(int, -1, chmod, (const char *path, mode_t mode), (path, mode))
CALL(int, -1, fchmod, (int file, mode_t mode), (file, mode))
CALL(int, -1, fchmodat, (int folder, const char *path, mode_t mode, int flags), (folder, path, mode, flags))
CALL(int, -1, fchown, (int file, uid_t user, gid_t group), (file, user, group))
CALL(int, -1, stat, (const char *path, struct stat *status), (path, status))
CALL(int, -1, stat64, (const char *path, struct stat64 *status), (path, status))
CALL(int, -1, lstat, (const char *path, struct stat *status), (path, status))
CALL(int, -1, lstat64, (const char *path, struct stat64 *status), (path, status))
CALL(int, -1, fstat, (int file, struct stat *status), (file, status))
CALL(int, -1, fstat64, (int file, struct stat64 *status), (file, status))
CALL(int, -1, link, (const char *from, const char *to), (from, to))
CALL(DIR *, NULL, opendir, (const char *path), (path))
CALL(DIR *, NULL, fdopendir, (int folder), (folder))

void *mmap(void *at, size_t size, int rights, int flags, int file, off_t offset) {
    NEXT(mmap);
    // Memory of no file is the allocator's.
    return file >= 0 && fails("mmap") ? MAP_FAILED : next(at, size, rights, flags, file, offset);
}

void *mmap64(void *at, size_t size, int rights, int flags, int file, off64_t offset) {
    NEXT(mmap64);
    // Memory of no file is the allocator's.
    return file >= 0 && fails("mmap64") ? MAP_FAILED : next(at, size, rights, flags, file, offset);
}

// Returns the number itself.
int posix_fallocate(int file, off_t start, off_t size) {
    NEXT(posix_fallocate);
    return fails("posix_fallocate") ? number : next(file, start, size);
}

int posix_fallocate64(int file, off64_t start, off64_t size) {
    NEXT(posix_fallocate64);
    return fails("posix_fallocate64") ? number : next(file, start, size);
}

#endif

int cfaults_can_fail(void) {
#ifdef CFAULTS_OFF
    return 0;
#else
    return 1;
#endif
}
