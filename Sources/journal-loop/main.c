// SPDX-License-Identifier: Apache-2.0
//
// The yardstick of the benchmark: the least that a reader of a journal can do in C. Opens a
// directory, steps through every entry, enumerates every field, counts. It must never be made
// cleverer than that: listbreaker's speed is stated as a share of this loop's.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-journal.h>
#include <time.h>

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: journal-loop DIRECTORY\n");
        return 64;
    }
    sd_journal *journal;
    int code = sd_journal_open_directory(&journal, argv[1], 0);
    if (code < 0) {
        fprintf(stderr, "cannot open the journal '%s': %s\n", argv[1], strerror(-code));
        return 1;
    }
    double start = seconds();
    unsigned long entries = 0, fields = 0, bytes = 0;
    while ((code = sd_journal_next(journal)) > 0) {
        const void *data;
        size_t length;
        while (sd_journal_enumerate_data(journal, &data, &length) > 0) {
            fields++;
            bytes += length;
        }
        entries++;
    }
    double span = seconds() - start;
    sd_journal_close(journal);
    if (code < 0) {
        fprintf(stderr, "cannot read the journal '%s': %s\n", argv[1], strerror(-code));
        return 1;
    }
    printf("{\"type\":\"summary\",\"entries\":%lu,\"fields\":%lu,\"bytes\":%lu,\"seconds\":%.6f,"
           "\"entries_per_second\":%.0f}\n",
           entries, fields, bytes, span, span > 0 ? (double)entries / span : 0);
    return 0;
}
