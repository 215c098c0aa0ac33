#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Somebody who means well and knows Postfix: opens what was closed and flushes, over and over.
# Ends by itself after the given number of rounds.
rounds=$1
while [ "$rounds" -gt 0 ]; do
    chmod 666 /var/spool/postfix/private/smtp /var/spool/postfix/private/relay 2>/dev/null
    postqueue -f 2>/dev/null
    sleep 1
    rounds=$((rounds - 1))
done
