// SPDX-License-Identifier: Apache-2.0
//
// Takes the place of glibc's allocation functions in a program that it is linked into, counts the
// calls and hands them on: a program's own malloc comes before the C library's, also for Swift's
// runtime ("Replacing malloc" in glibc's manual). free(3) stays glibc's. Never link it into what is
// installed.
#include "CAllocations.h"

#include <errno.h>
#include <malloc.h>
#include <stddef.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static uint64_t count;

static void note(void) { __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED); }

void callocations_trim(void) { malloc_trim(0); }

uint64_t callocations_count(void) { return __atomic_load_n(&count, __ATOMIC_RELAXED); }

// A sanitizer takes the same place and must not be pushed out of it; then nothing is counted, and
// the benchmark, which checks the counter first, says so.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define CALLOCATIONS_STAND_BACK
#endif
#endif

#ifndef CALLOCATIONS_STAND_BACK
void *malloc(size_t size) {
    note();
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    note();
    return __libc_calloc(number, size);
}

void *realloc(void *block, size_t size) {
    note();
    return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size) {
    note();
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    note();
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
    note();
    if (alignment % sizeof(void *) != 0 || alignment == 0 || (alignment & (alignment - 1)) != 0)
        return EINVAL;
    void *found = __libc_memalign(alignment, size);
    if (found == NULL) return ENOMEM;
    *block = found;
    return 0;
}
#endif
