#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Plays the services that alert scripts talk to, on loopback: checks what arrives against each
# service's published schema, and answers as the first part of the path says. One JSON object a
# request goes to standard output; the first line there is the port. Ends with its standard input.
#
#   receiver.py [CERTIFICATE KEY]      with a certificate: TLS
#
# /topic/NAME             a topic of ntfy's, as topics.py plays it
# /SERVICE/BEHAVIOUR/...  where BEHAVIOUR is ok, 429, 429-bare, 500, 503, 401, 400, redirect,
# hang, drip, garbage, close, empty, huge

import http.server
import json
import re
import ssl
import sys
import threading
import time
import urllib.parse

sys.dont_write_bytecode = True

import topics  # noqa: E402

RFC3339 = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")
LABEL = re.compile(r"^[a-zA-Z_][a-zA-Z0-9_]*$")
written = threading.Lock()


class Problems(list):
    """What is wrong with a request."""

    def need(self, condition, text):
        if not condition:
            self.append(text)

    def object(self, value, required, optional=()):
        """`value` is an object with all `required` and no other members than `optional`."""
        if not isinstance(value, dict):
            self.append("not an object")
            return {}
        for name in required:
            self.need(name in value, f"{name} is missing")
        for name in value:
            self.need(name in required or name in optional, f"{name} is unknown")
        return value

    def strings(self, value, what):
        self.need(
            isinstance(value, dict)
            and all(LABEL.match(k) and isinstance(v, str) for k, v in value.items()),
            f"{what} are not names with strings",
        )


def webhook(problems, path, headers, body):
    # prometheus.io, Alertmanager, configuration, webhook_config.
    message = problems.object(
        body,
        "version groupKey truncatedAlerts status receiver groupLabels commonLabels "
        "commonAnnotations externalURL alerts".split(),
    )
    problems.need(message.get("version") == "4", "version")
    problems.need(message.get("status") in ("firing", "resolved"), "status")
    problems.need(type(message.get("truncatedAlerts")) is int, "truncatedAlerts")
    for name in ("groupLabels", "commonLabels", "commonAnnotations"):
        problems.strings(message.get(name), name)
    alerts = message.get("alerts")
    problems.need(isinstance(alerts, list) and alerts, "alerts is empty")
    for alert in alerts or []:
        problems.object(
            alert,
            "status labels annotations startsAt endsAt generatorURL fingerprint".split(),
        )
        problems.need(alert.get("status") in ("firing", "resolved"), "alert status")
        problems.strings(alert.get("labels"), "labels")
        problems.strings(alert.get("annotations"), "annotations")
        problems.need(RFC3339.match(alert.get("startsAt", "")), "startsAt")
        problems.need(RFC3339.match(alert.get("endsAt", "")), "endsAt")
        problems.need(re.match(r"^[0-9a-f]{16}$", alert.get("fingerprint", "")), "fingerprint")


def alertmanager(problems, path, headers, body):
    # alertmanager, api/v2/openapi.yaml, postableAlerts.
    problems.need(path.endswith("/api/v2/alerts"), "path")
    problems.need(isinstance(body, list) and body, "not a list of alerts")
    for alert in body if isinstance(body, list) else []:
        alert = problems.object(
            alert, ["labels"], ["annotations", "startsAt", "endsAt", "generatorURL"]
        )
        problems.strings(alert.get("labels"), "labels")
        problems.need(alert.get("labels", {}).get("alertname"), "alertname")
        problems.strings(alert.get("annotations"), "annotations")
        for name in ("startsAt", "endsAt"):
            problems.need(RFC3339.match(alert.get(name, "")), name)
        problems.need(alert.get("startsAt", "") <= alert.get("endsAt", ""), "ends before it starts")


def pagerduty(problems, path, headers, body):
    # developer.pagerduty.com, "Send an Alert Event", "PD-CEF".
    event = problems.object(
        body,
        ["routing_key", "event_action"],
        "dedup_key payload images links client client_url".split(),
    )
    problems.need(re.match(r"^[0-9A-Za-z]{32}$", event.get("routing_key", "")), "routing_key")
    action = event.get("event_action")
    problems.need(action in ("trigger", "acknowledge", "resolve"), "event_action")
    problems.need(0 < len(event.get("dedup_key", "")) <= 255, "dedup_key")
    if action == "trigger":
        payload = problems.object(
            event.get("payload"),
            ["summary", "source", "severity"],
            "timestamp component group class custom_details".split(),
        )
        problems.need(0 < len(payload.get("summary", "")) <= 1024, "summary")
        problems.need(payload.get("source"), "source")
        problems.need(
            payload.get("severity") in ("critical", "error", "warning", "info"), "severity"
        )
        problems.need(RFC3339.match(payload.get("timestamp", "")), "timestamp")
        problems.need(isinstance(payload.get("custom_details"), dict), "custom_details")
        for link in event.get("links", []):
            problems.object(link, ["href", "text"])
            problems.need(link.get("href", "").startswith("https://"), "link")


def slack(problems, path, headers, body):
    # docs.slack.dev, "Sending messages using incoming webhooks", "Formatting: escaping text".
    message = problems.object(body, ["text"], ["username", "channel", "icon_emoji"])
    text = message.get("text", "")
    problems.need(0 < len(text) <= 40000, "text")
    problems.need(not re.search(r"[<>]", text), "an unescaped < or >")
    problems.need(not re.search(r"&(?!amp;|lt;|gt;)", text), "an unescaped &")
    problems.need(not wakes_all(text), "a mention of everybody")
    problems.need(not re.search(r"\w@\u200b", text), "an address is broken")


def wakes_all(text):
    # As Mattermost finds them (server, app/notification.go): words of letters, digits and :.-_@,
    # then the parts of those between the marks.
    for word in re.findall(r"[\w:.\-@]+", text.lower()):
        for part in [word] + re.split(r"[:.\-]", word):
            if part in ("@all", "@channel", "@here"):
                return True
    return False


def ntfy(problems, path, headers, body):
    # docs.ntfy.sh, "Publish as JSON".
    problems.need(path.endswith("/"), "not the root of the server")
    message = problems.object(
        body, ["topic"], "message title tags priority click actions markdown icon".split()
    )
    problems.need(re.match(r"^[-_A-Za-z0-9]{1,64}$", message.get("topic", "")), "topic")
    problems.need(type(message.get("priority")) is int, "priority")
    problems.need(1 <= message.get("priority", 0) <= 5, "priority")
    problems.need(isinstance(message.get("tags"), list), "tags")
    # docs.ntfy.sh, "Action buttons": three at most; "http" sends its body to its address.
    actions = message.get("actions", [])
    problems.need(len(actions) <= 3, "actions")
    for action in actions:
        if action.get("action") == "http":
            problems.object(action, ["action", "label", "url", "body"], ["clear"])
            problems.need(str(action.get("url")).startswith("http"), "url")
            continue
        problems.object(action, ["action", "label", "url"], ["clear"])
        problems.need(action.get("action") == "view", "action")
        problems.need(message.get("click") == action.get("url"), "click")
    problems.need(0 < len(message.get("message", "").encode()) <= 4096, "message")


def gotify(problems, path, headers, body):
    # gotify.net/api-docs, POST /message.
    problems.need(path.endswith("/message"), "path")
    problems.need(headers.get("X-Gotify-Key"), "X-Gotify-Key")
    message = problems.object(body, ["message"], ["title", "priority", "extras"])
    problems.need(message.get("message"), "message")
    problems.need(type(message.get("priority")) is int, "priority")


def matrix(problems, path, headers, body):
    # spec.matrix.org, client-server API, PUT .../send/{eventType}/{txnId}; m.text.
    problems.need(
        re.search(
            r"/_matrix/client/v3/rooms/%21[^/!:]+%3A[^/!:]+/send/m\.room\.message/[0-9a-f]{16}$",
            path,
        ),
        "path",
    )
    problems.need(headers.get("Authorization", "").startswith("Bearer "), "Authorization")
    message = problems.object(body, ["msgtype", "body", "m.mentions"])
    problems.need(message.get("msgtype") == "m.text", "msgtype")
    # Matrix 1.7, "User and room mentions": without it a stranger's @room in the text wakes the room.
    mentions = message.get("m.mentions")
    problems.need(mentions in ({}, {"room": True}), "m.mentions")
    problems.need(
        (mentions == {"room": True}) == message.get("body", "").startswith("[critical]"),
        "who is woken",
    )
    problems.need(message.get("body"), "body")


def telegram(problems, path, headers, body):
    # core.telegram.org/bots/api, sendMessage.
    problems.need(re.search(r"/bot[0-9]+:[-_0-9A-Za-z]+/sendMessage$", path), "path")
    message = problems.object(
        body,
        ["chat_id", "text"],
        "disable_notification disable_web_page_preview parse_mode".split(),
    )
    # Without parse_mode nothing in it is markup.
    problems.need("parse_mode" not in message, "parse_mode")
    problems.need(0 < len(message.get("text", "").encode("utf-16-le")) // 2 <= 4096, "text")
    problems.need(type(message.get("disable_notification")) is bool, "disable_notification")
    problems.need(
        message.get("disable_notification") or message["text"].startswith("[critical] "), "sound"
    )


def teams(problems, path, headers, body):
    # adaptivecards.io, AdaptiveCard 1.4; learn.microsoft.com, "Send messages using incoming webhooks".
    message = problems.object(body, ["type", "attachments"])
    problems.need(message.get("type") == "message", "type")
    problems.need(len(json.dumps(body)) < 28_000, "size")
    for attachment in message.get("attachments", []):
        card = problems.object(attachment, ["contentType", "content"])["content"]
        problems.object(card, ["type", "version", "body"], ["msteams"])
        problems.need(card["type"] == "AdaptiveCard", "card")
        for block in card["body"]:
            problems.need(block["type"] == "RichTextBlock", "a block that takes Markdown")
            for run in block["inlines"]:
                problems.object(run, ["type", "text"], ["weight", "color"])


def apprise(problems, path, headers, body):
    # github.com/caronc/apprise/wiki/Notify_Custom_JSON.
    message = problems.object(body, ["version", "title", "message", "type"], ["attachments"])
    problems.need(message.get("type") in ("info", "success", "warning", "failure"), "type")
    problems.need(re.match(r"\[\w+\] \S+: listbreaker ", message.get("title", "")), "title")
    problems.need(message.get("message"), "message")


def sms(problems, path, headers, body):
    # Gateways differ; two shapes are checked: our own JSON, and a form as Twilio's documentation has it.
    if headers.get("Content-Type") == "application/x-www-form-urlencoded":
        form = urllib.parse.parse_qs(body, strict_parsing=True)
        problems.need(set(form) == {"To", "From", "Body"}, "fields of the form")
        to, text = form.get("To", [""])[0], form.get("Body", [""])[0]
    else:
        message = problems.object(body, ["to", "text"])
        to, text = message.get("to", ""), message.get("text", "")
    problems.need(to == "+491701234567", "to")
    problems.need(0 < len(text.encode()) <= 160, "text")
    problems.need("\ufffd" not in text, "a letter that was cut")


def heartbeat(problems, path, headers, body):
    # listbreaker-alerts(7), HEARTBEAT.
    status = problems.object(
        body, "version host time mode open lag_seconds pages_pending".split()
    )
    problems.need(status.get("mode") in ("armed", "observe"), "mode")
    problems.need(RFC3339.match(status.get("time", "")), "time")
    for name in ("version", "open", "lag_seconds", "pages_pending"):
        problems.need(type(status.get(name)) is int, name)


SERVICES = {
    function.__name__: function
    for function in (
        webhook, alertmanager, pagerduty, slack, ntfy, gotify, matrix, telegram, teams, apprise,
        sms, heartbeat,
    )
}


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.take("POST")

    def do_PUT(self):
        self.take("PUT")

    def do_GET(self):
        self.take("GET")

    def log_message(self, *_):
        pass

    def take(self, method):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = self.path.split("/")
        if parts[1] == "topic":
            return topics.take(self, method, body)
        service, behaviour = parts[1], parts[2] if len(parts) > 2 else ""
        problems = Problems()
        problems.need(method == ("PUT" if service == "matrix" else "POST"), f"method {method}")
        is_form = service == "sms" and self.headers.get("Content-Type", "").endswith("urlencoded")
        problems.need(
            is_form or self.headers.get("Content-Type") == "application/json", "Content-Type"
        )
        try:
            value = body.decode("utf-8") if is_form else json.loads(body.decode("utf-8"))
            SERVICES[service](problems, self.path, self.headers, value)
        except (ValueError, KeyError) as error:
            value = None
            problems.append(f"{type(error).__name__}: {error}")
        record = {
            "service": service,
            "behaviour": behaviour,
            "path": self.path,
            "headers": {name.lower(): text for name, text in self.headers.items()},
            "body": value,
            "problems": problems,
        }
        with written:
            print(json.dumps(record), flush=True)
        self.answer(behaviour)

    def answer(self, behaviour):
        self.close_connection = True
        if behaviour == "close":
            return
        if behaviour == "garbage":
            self.wfile.write(b"\x00\xff\x01 nonsense\r\nretry-after: 9\r\n\r\n" * 20)
            return
        if behaviour == "hang":
            time.sleep(60)
            return
        if behaviour == "drip":
            for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok":
                self.wfile.write(bytes([byte]))
                time.sleep(1)
            return
        status = {"ok": 200, "redirect": 302, "429-bare": 429, "empty": 204, "huge": 500}.get(
            behaviour
        ) or int(behaviour)
        body = b"retry-after: 1\nacknowledged: nobody\n" if behaviour != "empty" else b""
        if behaviour == "huge":
            body *= 100_000
        self.send_response(status)
        if behaviour in ("429", "503"):
            self.send_header("Retry-After", "42")
        if behaviour == "429-bare":
            self.send_header("Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT")
        if behaviour == "redirect":
            self.send_header("Location", "/webhook/ok")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        # Connections that a test breaks on purpose.
        pass


def main():
    server = Server(("127.0.0.1", 0), Receiver)
    if len(sys.argv) > 2:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


main()
