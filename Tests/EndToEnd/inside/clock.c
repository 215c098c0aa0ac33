/* SPDX-License-Identifier: Apache-2.0
 *
 * A wall clock that can be put forward, for a whole machine that shares the kernel with others: every
 * program of the machine loads this (ld.so.preload), and what it takes for the present time is moved
 * by the number of microseconds at the beginning of /srv/clock. All programs see the same file, so
 * all of them, journald and Postfix included, jump at once. Monotonic clocks stay what they are.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile long long *shift;

__attribute__((constructor)) static void attach(void) {
    int file = open("/srv/clock", O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return;
    void *page = mmap(NULL, sizeof *shift, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (page != MAP_FAILED)
        shift = page;
    errno = 0;
}

/* The time, moved; whole seconds keep the microseconds what they are. */
static int now(clockid_t clock, struct timespec *time) {
    int result = (int)syscall(SYS_clock_gettime, clock, time);
    if (result == 0 && shift && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        time->tv_sec += *shift / 1000000;
    return result;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    return now(clock, time);
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    (void)zone;
    struct timespec exact;
    int result = now(CLOCK_REALTIME, &exact);
    if (result == 0) {
        time->tv_sec = exact.tv_sec;
        time->tv_usec = exact.tv_nsec / 1000;
    }
    return result;
}

time_t time(time_t *result) {
    struct timespec exact;
    if (now(CLOCK_REALTIME, &exact) != 0)
        return -1;
    if (result)
        *result = exact.tv_sec;
    return exact.tv_sec;
}
