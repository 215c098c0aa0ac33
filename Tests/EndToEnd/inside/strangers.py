#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Two strangers post to a list through the host's own port 25, the second a little later: on a list
# that is for announcements the second one's fan-out is what trips.
"""usage: strangers.py LIST TAG SECONDS"""

import smtplib
import sys
import time

mailing_list, tag, pause = sys.argv[1], sys.argv[2], float(sys.argv[3])
for number in (1, 2):
    sender = f"stranger-{tag}-{number}@example.com"
    with smtplib.SMTP("127.0.0.1", 25, timeout=60) as host:
        host.sendmail(sender, [mailing_list], (
            f"From: {sender}\r\nTo: {mailing_list}\r\nSubject: Re: news\r\n"
            f"Message-ID: <{tag}.{number}@example.com>\r\n\r\nPlease take me off this list.\r\n"))
    if number == 1:
        time.sleep(pause)
