#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# What stands at the other end of a webhook: takes each page, notes when it came, answers 200; under
# /slow it answers when nobody listens any more.
"""usage: receiver.py PORT FILE [CERTIFICATE KEY]"""

import http.server
import json
import ssl
import sys
import time


class Receiver(http.server.BaseHTTPRequestHandler):
    """Appends each body to the file, one JSON object a line."""

    def do_POST(self):  # noqa: N802 (the name is the library's)
        """Takes one page."""
        came = time.time()
        if self.path.startswith("/slow"):
            time.sleep(60)  # longer than anybody waits
        raw = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), 1 << 20))
        try:
            body = json.loads(raw)
        except ValueError:
            body = None
        note = {"came": came, "path": self.path, "body": body}
        if self.path.startswith("/slow"):
            return
        if body is None:
            note["raw"] = raw.decode("utf-8", "replace")
        with open(sys.argv[2], "a", encoding="utf-8") as file:
            file.write(json.dumps(note) + "\n")
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Says nothing."""


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver)
if len(sys.argv) > 4:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3], sys.argv[4])
    server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
