# SPDX-License-Identifier: Apache-2.0
#
# A topic as ntfy serves it: POST publishes the body as a message, GET NAME/json?since=ID|30s streams what came
# since and what comes, one JSON object a line, in ntfy's order of members (docs.ntfy.sh, "Subscribe via API").

import json
import queue
import secrets
import threading
import time
import urllib.parse

LONGEST = 30  # seconds that a stream lasts
lock = threading.Lock()
messages: dict[str, list[dict]] = {}
listeners: dict[str, list[queue.Queue]] = {}


def take(handler, method: str, body: bytes) -> None:
    """Answers one request about a topic."""
    url = urllib.parse.urlsplit(handler.path)
    parts = url.path.split("/")
    if method == "POST":
        publish(parts[2], body.decode())
        return answer(handler, b"{}\n")
    since = urllib.parse.parse_qs(url.query).get("since", ["none"])[0]
    stream(handler, parts[2], since)


def publish(topic: str, text: str) -> None:
    """Keeps a message and hands it to those who listen."""
    message = {"id": secrets.token_hex(6), "time": int(time.time()), "expires": int(time.time()) + 43200}
    message |= {"event": "message", "topic": topic, "message": text}
    with lock:
        messages.setdefault(topic, []).append(message)
        for listener in listeners.get(topic, []):
            listener.put(message)


def stream(handler, topic: str, since: str) -> None:
    """What came since, then what comes, until the listener goes."""
    mine = queue.Queue()
    with lock:
        known = messages.get(topic, [])
        ids = [message["id"] for message in known]
        for message in known[ids.index(since) + 1 if since in ids else 0 :]:
            mine.put(message)
        listeners.setdefault(topic, []).append(mine)
    handler.close_connection = True
    handler.send_response(200)
    handler.send_header("Content-Type", "application/x-ndjson; charset=utf-8")
    handler.end_headers()
    opened = {"id": secrets.token_hex(6), "time": int(time.time()), "event": "open", "topic": topic}
    line = opened
    end = time.monotonic() + LONGEST
    try:
        while time.monotonic() < end:
            if line:
                handler.wfile.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")
                handler.wfile.flush()
            try:
                line = mine.get(timeout=1)
            except queue.Empty:
                line = None
    except OSError:
        pass
    with lock:
        listeners[topic].remove(mine)


def answer(handler, body: bytes) -> None:
    """An answer of one piece."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
