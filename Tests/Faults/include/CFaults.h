// SPDX-License-Identifier: Apache-2.0
//
// Lets the n-th system call of the calling thread fail. The test program's own `open`, `write` and so
// on stand before libc's, for itself and for the libraries that it loads (SQLite, sd-journal), and
// pass everything on until a thread asks for a failure.
#ifndef CFAULTS_H
#define CFAULTS_H

/// From now on `passed` calls of this thread go through, and the next one fails with `code`; with
/// `forever` all that follow as well.
void cfaults_arm(long passed, int code, int forever);

/// Ends it. Returns whether a call has failed.
int cfaults_disarm(void);

/// The call that failed last on this thread; static storage.
const char *cfaults_call(void);

/// Whether calls can fail here at all: the sanitizers stand before libc's calls themselves.
int cfaults_can_fail(void);

#endif
