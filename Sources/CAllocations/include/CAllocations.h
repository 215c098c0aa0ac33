// SPDX-License-Identifier: Apache-2.0
//
// How many blocks of memory this process has asked malloc(3) and its kin for. For the benchmark only.
#ifndef CALLOCATIONS_H
#define CALLOCATIONS_H

#include <stdint.h>

/// Gives back what glibc keeps for later; malloc_trim(3).
void callocations_trim(void);

/// Blocks asked for since the process began, in every thread.
uint64_t callocations_count(void);

#endif
