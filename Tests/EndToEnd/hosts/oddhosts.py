# SPDX-License-Identifier: Apache-2.0
#
# A list of Postfix's own behind what sites put in the way of mail: a content filter of two hops, each of which
# hands the mail back to Postfix.
"""A mail host with a list and something in between."""

from listhost import POSTFIX
from listhosts import OwnerlessHost


class FilteredHost(OwnerlessHost):
    """A content filter of two hops, in the shape of amavis: Postfix hands each mail out and gets it back, twice;
    both hops are smtpd services of its own."""

    postfix_text = POSTFIX + "content_filter = smtp:[127.0.0.1]:10025\n"

    def found(self) -> None:
        """The hops; nothing but what they were told is checked behind the first."""
        main = self.read("etc/postfix/master.cf").decode()
        quiet = (" -o smtpd_helo_restrictions= -o smtpd_sender_restrictions="
                 " -o smtpd_recipient_restrictions=permit_mynetworks,reject"
                 " -o smtpd_relay_restrictions=permit_mynetworks,reject\n")
        self.write("etc/postfix/master.cf", main
                   + "10025 inet n - n - - smtpd -o content_filter=smtp:[127.0.0.1]:10026" + quiet
                   + "10026 inet n - n - - smtpd -o content_filter=" + quiet)
        super().found()
