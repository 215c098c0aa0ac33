#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# A relay that takes every copy, slowly: it answers the final dot after a while. It writes one line
# a recipient, when the dot has come, into a file that knows nothing of the sender's own log; with it
# stands when that delivery began, at its MAIL FROM.
"""usage: sink.py PORT SECONDS FILE"""

import asyncio
import json
import sys
import time

port, seconds, path = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
book = open(path, "a", encoding="utf-8")  # noqa: SIM115 (open for life)


async def message(reader: asyncio.StreamReader) -> tuple[str, str]:
    """Reads to the dot; Message-ID and Subject."""
    found = {"message-id": "", "subject": ""}
    while (line := await reader.readline()) not in (b".\r\n", b".\n"):
        if not line:
            raise ConnectionResetError
        name, _, value = line.decode("utf-8", "replace").strip().partition(":")
        if name.lower() in found and not found[name.lower()]:
            found[name.lower()] = value.strip()
    return found["message-id"], found["subject"]


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One SMTP session."""
    recipients: list[str] = []
    began, sender = 0.0, ""

    async def say(text: str) -> None:
        writer.write(text.encode() + b"\r\n")
        await writer.drain()

    try:
        await say("220 sink ESMTP")
        while line := await reader.readline():
            verb = line.decode("ascii", "replace").strip()
            match verb[:4].upper():
                case "EHLO":
                    await say("250-sink\r\n250-SIZE 10000000\r\n250 8BITMIME")
                case "MAIL":
                    began, sender = time.time(), verb.partition("<")[2].partition(">")[0]
                    await say("250 ok")
                case "RCPT":
                    recipients.append(verb.partition("<")[2].partition(">")[0])
                    await say("250 ok")
                case "DATA":
                    await say("354 go on")
                    identity, subject = await message(reader)
                    came = time.time()
                    for who in recipients:
                        note = {"came": came, "id": identity, "subject": subject, "to": who,
                                "began": began, "from": sender}
                        book.write(json.dumps(note) + "\n")
                    book.flush()
                    recipients = []
                    await asyncio.sleep(seconds)
                    await say("250 taken")
                case "RSET":
                    recipients = []
                    await say("250 ok")
                case "QUIT":
                    await say("221 bye")
                    break
                case _:
                    await say("250 ok")
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def main() -> None:
    """Listens until it is ended."""
    server = await asyncio.start_server(serve, "127.0.0.1", port, backlog=1024)
    async with server:
        await server.serve_forever()


asyncio.run(main())
