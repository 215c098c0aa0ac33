// SPDX-License-Identifier: Apache-2.0
//
// The hook by which the Swift runtime hands a job of its global executor to somebody else; Swift itself cannot
// name it. Both symbols are exported by libswift_Concurrency (swift/Runtime/Concurrency.h), which is
// shipped with the programs, so that it is always the one that they were built with.
#include "CLinux.h"

#define SWIFTCALL __attribute__((swiftcall))

/// A SerialExecutorRef; all zero is the generic one, which is no actor's.
struct executor {
    uintptr_t identity;
    uintptr_t implementation;
};

extern SWIFTCALL void (*swift_task_enqueueGlobal_hook)(void *job, void *original);
extern SWIFTCALL void swift_job_run(void *job, struct executor executor);

static void (*taker)(void *job);

static SWIFTCALL void take(void *job, void *original) {
    (void)original;
    taker(job);
}

void clinux_take_jobs(void (*take_job)(void *job)) {
    taker = take_job;
    swift_task_enqueueGlobal_hook = take;
}

void clinux_run_job(void *job) {
    struct executor generic = {0, 0};
    swift_job_run(job, generic);
}
