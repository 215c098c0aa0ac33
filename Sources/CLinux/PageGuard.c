// SPDX-License-Identifier: Apache-2.0
//
// A file that becomes shorter while it is mapped: touching what is gone is SIGBUS, and by default
// the end of the process. On threads that asked for it the page is replaced by one of zeros, as
// journald does it for itself (systemd's basic/sigbus.c), and counted; anything else dies as before.
#define _GNU_SOURCE
#include "CLinux.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

static _Thread_local volatile sig_atomic_t is_guarded;
static _Thread_local char is_unblocked;
static _Thread_local volatile unsigned long lost;
static uintptr_t page_size;
static struct sigaction before;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void replace(int number, siginfo_t *info, void *context) {
    (void)context;
    if (is_guarded && info->si_code == BUS_ADRERR) {
        void *page = (void *)((uintptr_t)info->si_addr & ~(page_size - 1));
        void *zeros = mmap(page, page_size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        if (zeros == page) {
            lost++;
            return;
        }
    }
    // The same instruction faults again, now without us.
    sigaction(number, &before, NULL);
}

static void install(void) {
    page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
    struct sigaction ours = {.sa_sigaction = replace, .sa_flags = SA_SIGINFO};
    sigemptyset(&ours.sa_mask);
    sigaction(SIGBUS, &ours, &before);
}

void clinux_guard_pages(void) {
    pthread_once(&once, install);
    is_guarded = 1;
    if (is_unblocked) return;
    is_unblocked = 1;
    // A blocked SIGBUS of one's own kills at once, signal(7).
    sigset_t bus;
    sigemptyset(&bus);
    sigaddset(&bus, SIGBUS);
    pthread_sigmask(SIG_UNBLOCK, &bus, NULL);
}

void clinux_unguard_pages(void) { is_guarded = 0; }

unsigned long clinux_lost_pages(void) { return lost; }
