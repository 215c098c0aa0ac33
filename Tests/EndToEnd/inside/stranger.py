#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# A stranger answers to a list through the host's own port 25.
"""usage: stranger.py LIST NUMBER SUBJECT"""

import smtplib
import sys

mailing_list, number, subject = sys.argv[1:]
sender = f"stranger{number}@example.com"
with smtplib.SMTP("127.0.0.1", 25, timeout=60) as host:
    host.sendmail(sender, [mailing_list], (
        f"From: {sender}\r\nTo: {mailing_list}\r\nSubject: Re: {subject} ({number})\r\n"
        f"Message-ID: <reply.{number}@example.com>\r\n"
        f"In-Reply-To: <{subject.replace(' ', '-')}@example.org>\r\n\r\n"
        "Please take me off this list.\r\n"))
