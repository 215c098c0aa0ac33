# SPDX-License-Identifier: Apache-2.0
#
# The figures that people are told of a storm, wherever they are told: in the pages as an alert script got
# them, in `incidents --json` and in the report; each against the relay's book, the crowd's and the queue.
"""What was said of a storm, and what was so."""

import datetime
import json

from listhost import BOOK, CAME, POSTED
from mailhost import ACTIVE

SLIP = 3  # messages in the queue at one moment, that its log and ours see a moment apart
SLACK = 0.3  # seconds between the relay's answer and Postfix's line, on a machine with much to do
FACTS = {  # the report's lines, by the names of the figures behind them
    "Members": "members", "Copies announced, at the trip": "copies_announced",
    "Copies sent, at the trip": "copies_sent", "Messages held": "held",
    "Deliveries that began after the halt": "leaked"}
TRIPS = {  # the columns of its table of trips, likewise
    "Announced at the trip": "copies_announced", "Sent at the trip": "copies_sent",
    "Messages held": "held", "Began after the halt": "leaked"}

Figures = dict[str, tuple[int, int]]


def within(said: int, least: int, most: int) -> tuple[int, int]:
    """What was said beside the figure next to it of those that were true meanwhile."""
    return said, min(max(said, least), most)


def seconds(stamp: str) -> float:
    """A time of RFC 3339, since the epoch."""
    return datetime.datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp()


def alerts(story, event: str) -> list[dict]:
    """The alerts of one kind that came since the storm began, the oldest first."""
    return [alert for page in story.host.pages() if page["came"] > story.start_time
            for alert in (page.get("body") or {}).get("alerts", [])
            if alert["annotations"].get("event") == event
            and alert["labels"].get("list") == story.host.address]


def sent_in_the_end(story) -> tuple[int, int]:
    """What `status` says was sent, when nothing moves any more: behind a reset, since the reset."""
    said = story.said_sent(story.host.status())
    if not story.last_reset:
        return said - story.before_us, len(story.own())
    least = sum(1 for row in story.own() if row["came"] > story.last_reset + SLACK)
    most = sum(1 for row in story.own() if row["came"] + story.delay > story.last_reset - SLACK)
    return within(said, least, most)


def handed_over(story, since: float, end: float, posted: dict) -> dict[str, int]:
    """Copies of each post that Postfix's queue took between two times, by its log: recipients of all of its
    messages, each once, without the post itself on its way to the list."""
    names: dict[str, str] = {}
    counts: dict[str, int] = {}
    seen: set[str] = set()
    for line in story.host.log():
        if found := CAME.match(line.text):
            names[found[1]] = found[2]
        elif (found := ACTIVE.match(line.text)) and since < line.time <= end and found[1] not in seen:
            seen.add(found[1])
            if names.get(found[1]) in posted:
                counts[names[found[1]]] = counts.get(names[found[1]], 0) + int(found[3])
    # A post that comes to the list has one recipient, unless Postfix expands it at once.
    return {one: count - (0 if count % len(story.host.subscribers) == 0 else 1)
            for one, count in counts.items()}


def of_trip(story) -> Figures:
    """The page of the trip: what had been announced and sent when it was decided."""
    found = alerts(story, "trip")
    if not found:
        return {"pages of a trip": (0, 1000)}
    said, trip = found[0]["annotations"], seconds(found[0]["startsAt"])
    # On probation the incident before goes on, and counts from its reset on.
    since = max(trip - int(said["window_seconds"]), story.reset_before)
    posted = {row["id"]: row["time"] for row in story.host.rows(POSTED)}
    taken = []  # when the relay had answered
    for row in story.host.rows(BOOK):
        if "person" in row["to"]:
            continue
        is_ours = row["id"] in posted and posted[row["id"]] >= story.start_time
        taken.append(row["came"] + (story.delay if is_ours else 0))
    members = len(story.host.subscribers)

    def sent(end: float) -> int:
        return sum(1 for time in taken if since < time <= end)

    # A manager that hands over copy by copy has announced no more than Postfix took of it.
    announced = handed_over(story, since, trip, posted)
    least, most = sum(announced.values()), sum(announced.values()) + SLIP
    if story.host.is_named_late:
        first: dict[str, float] = {}
        for row in story.host.rows(BOOK):
            first[row["id"]] = min(row["came"] + story.delay, first.get(row["id"], row["came"] + story.delay))
        least, most = (sum(count for one, count in announced.items() if first.get(one, trip + 1) <= end)
                       for end in (trip - SLACK, trip + SLACK))
    return {
        "copies sent, by the page": within(
            int(said["copies_sent"]), sent(trip - SLACK), sent(trip + SLACK)),
        "copies announced, by the page": within(
            int(said["copies_announced"]), least, most),
        "members, by the page": within(
            int(said.get("members", 0)), max(announced.values(), default=0) // 2, members)}


def of_reset(story, begun: int) -> Figures:
    """The page of the reset, the incident and its report: what was held, and what left."""
    pages = alerts(story, "reset")
    if not pages:
        return {"pages of a reset": (0, 1000)}
    said, number = pages[0]["annotations"], int(pages[0]["labels"]["incident"])
    incidents = json.loads(story.host.need("listbreaker", "incidents", str(number), "--json"))
    incident = next(one for one in incidents["incidents"] if one["number"] == number)
    before = story.held_before.get(number, {"held": 0, "leaked": 0})
    # This storm's trip: of one that tripped before or after it too, one of several.
    trips = [*incident.get("earlier", []), {"tripped": incident.get("last_tripped", incident["tripped"])}]
    place = next(index for index, one in enumerate(trips) if seconds(one["tripped"]) > story.start_time)
    own = trips[place]
    if "leaked" not in own:
        own |= {name: incident[name] - sum(one[name] for one in trips[:-1]) for name in ("held", "leaked")}
    figures: Figures = {
        "deliveries begun after the halt, by the page": (int(said["leaked"]) - before["leaked"], begun),
        "deliveries begun after the halt, by the incident": (own["leaked"], begun)}
    if not story.passed:
        low, high = story.stopped_mail
        figures["messages held, by the page"] = within(int(said["held"]) - before["held"], low, high)
        figures["messages held, by the incident"] = within(own["held"], low, high)
    figures |= {f"{label}, by the report": one for label, one in of_report(
        story, number, place if len(trips) > 1 else None,
        said | {name: str(own[name]) for name in ("held", "leaked")}).items()}
    return figures


def of_report(story, number: int, place: int | None, said: dict) -> Figures:
    """What the report says, against what the pages and the incident did, which are compared elsewhere. Of an
    incident that tripped more than once, what its table says of the trip at `place`."""
    text = story.host.need("listbreaker", "report", str(number), "--markdown")
    facts = dict(line[2:].split(": ", 1) for line in text.splitlines()
                 if line.startswith("- ") and ": " in line)
    wanted = FACTS
    if place is not None:
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()
                if line.startswith("|")]
        head = next((index for index, row in enumerate(rows) if "Announced at the trip" in row), None)
        # Below the titles there is a rule.
        facts = dict(zip(rows[head], rows[head + 2 + place])) if head is not None else {}
        wanted = TRIPS
    return {label: (int(facts.get(label, "-1").replace(",", "")), int(said.get(name, -1)))
            for label, name in wanted.items()}
