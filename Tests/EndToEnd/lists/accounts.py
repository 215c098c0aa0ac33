# SPDX-License-Identifier: Apache-2.0
#
# What became of every copy and every personal message of a storm: the relay's book, the queue and the
# quarantine against what was given in. A copy that is nowhere, or in two places, fails.
"""The account of a storm."""

import collections

from checks import Checks
from figures import of_reset, of_trip, sent_in_the_end
from listhost import BOOK, PERSONAL
from speed import IN_FLIGHT
from story import STORM, Story

ROWS: list[dict] = []  # of all storms of this run
EXACT = 0.02  # of a figure, by which `status` may be off
ROUNDED = 0.02  # seconds by which the log's delays may be wrong


class Account:
    """The books of one storm, read once it is over."""

    def __init__(self, story: Story):
        self.story, self.host = story, story.host
        self.own = story.own()
        self.pairs = collections.Counter((row["id"], row["to"]) for row in self.own)

    def judge(self, checks: Checks) -> None:
        """Says what was found, and leaves a row for the table."""
        row = {"storm": self.story.name}
        story = self.story
        if story.answer:
            checks.claim(f"{story.name}: reset is done", story.answer.returncode == 0,
                         (story.answer.stdout + story.answer.stderr).strip()[-200:])
        else:
            checks.claim(f"{story.name}: it is a soft hold and no trip",
                         not story.shown["incidents"], len(story.shown["incidents"]))
            checks.claim(f"{story.name}: what was compared was compared with mail on hold",
                         story.figures["messages on hold"][1] > 0, story.figures)
        self.judge_stop(checks, row)
        self.judge_figures(checks, row)
        if story.passed:
            self.judge_pass(checks)
        self.judge_others(checks, row)
        self.judge_copies(checks, row)
        checks.claim(f"{story.name}: nothing bounced", self.host.bounced() == 0, self.host.bounced())
        ROWS.append(row)

    def judge_stop(self, checks: Checks, row: dict) -> None:
        """The list's mail around the stop."""
        story, name, stop = self.story, self.story.name, self.story.stopped
        before = [one for one in story.before
                  if one["id"] != story.passed or one["began"] < story.passed_at]
        # What the queue manager handed over before it was stopped is under way, though smtp(8) may have
        # needed a moment until its MAIL FROM.
        handed = self.host.handed()
        begun = {(one["began"], one["from"]) for one in before if one["began"] > stop
                 and handed.get((one["id"], one["to"]), one["began"]) > stop + ROUNDED}
        thawed = {(one["began"], one["from"]) for one in before if one["began"] > stop + 2}
        flying = {(one["began"], one["from"]) for one in before
                  if stop < one["came"] + story.delay and one["began"] < stop + 2} - begun
        row |= {"before": sum(1 for one in before if one["came"] <= stop),
                "flying": len(flying), "begun": len(begun), "thawed": len(thawed)}
        checks.claim(f"{name}: at most 3 deliveries of the list begin after the stop",
                     len(begun) <= 3, len(begun))
        slowest = max((one["began"] - stop for one in before), default=0)
        checks.figure(f"{name}: the last MAIL FROM, seconds after the stop", f"{slowest:.3f}")
        checks.claim(f"{name}: none after the thaw", not thawed, len(thawed))
        checks.claim(f"{name}: no more were under way than Postfix has processes",
                     row["flying"] <= IN_FLIGHT, row["flying"])
        checks.claim(f"{name}: the queue was not halted", not story.shown["queue"]["is_halted"])

    def judge_figures(self, checks: Checks, row: dict) -> None:
        """What was said anywhere against the relay's book and the queue."""
        said = {f"{what}, by status": pair for what, pair in self.story.figures.items()}
        said["copies sent in the end, by status"] = sent_in_the_end(self.story)
        if self.story.answer:
            said |= of_trip(self.story) | of_reset(self.story, row["begun"])
        for what, (figure, found) in said.items():
            checks.claim(f"{self.story.name}: {what}, within 2 %",
                         abs(figure - found) <= max(1, EXACT * found),
                         f"{figure} said, {found} found")

    def judge_pass(self, checks: Checks) -> None:
        """The post that was let go, and nothing else."""
        name, found = self.story.name, self.story.passing
        checks.claim(f"{name}: its release is taken, and said", found["code"] == 0
                     and "the rest of the list stays stopped" in found["said"], found["said"])
        # Those who have it are the members: what is missing is waited for, or the run fails.
        checks.claim(f"{name}: the copies let go are those that were left of it, by the incident",
                     [one[0] for one in found["incidents"]] == [found["left"]] and found["left"] > 0,
                     f"{found['left']} left; let go, leaked, reach: {found['incidents']}")
        checks.claim(f"{name}: no copy of another post of the list begins meanwhile",
                     found["others"] == 0, found["others"])
        checks.claim(f"{name}: the breaker stays open, nothing leaked, nothing else is halted",
                     found["open"] and not found["halted"]
                     and all(one[1:] == (0, "narrow") for one in found["incidents"]),
                     found["incidents"])

    def judge_others(self, checks: Checks, row: dict) -> None:
        """Personal mail beside it."""
        story, name = self.story, self.story.name
        sent = self.host.rows(PERSONAL)[story.personal:]
        came = {one["to"]: one for one in self.host.rows(BOOK) if "person" in one["to"]}
        counted = collections.Counter(
            one["to"] for one in self.host.rows(BOOK) if "person" in one["to"])
        lost = [one for one in sent if one["to"] not in came]
        begun = sorted(one["began"] for one in came.values()
                       if story.stopped - 5 < one["began"] < story.stopped + STORM - 2)
        gap = max((two - one for one, two in zip(begun, begun[1:])), default=99)
        checks.claim(f"{name}: personal mail is all delivered, each once",
                     not lost and all(counted[one["to"]] == 1 for one in sent),
                     f"{len(sent)} sent, {len(lost)} lost")
        checks.claim(f"{name}: it stands still for at most 2 s", gap <= 2.5,
                     f"{gap:.2f} s between two begun deliveries, of one in 0.5 s")
        row |= {"personal": len(sent), "lost": len(lost), "gap": f"{gap:.2f}"}

    def judge_copies(self, checks: Checks, row: dict) -> None:
        """Each copy that was announced, once."""
        story, name, members = self.story, self.story.name, len(self.host.subscribers)
        checks.claim(f"{name}: no copy twice", set(self.pairs.values()) <= {1},
                     sum(1 for times in self.pairs.values() if times > 1))
        places: dict[str, collections.Counter] = collections.defaultdict(collections.Counter)
        for one, who in self.pairs:
            places[one][who] += 1
        unopened = set()
        envelopes = self.host.saved()[story.saved:]
        for envelope in envelopes:
            identity = envelope.get("messageID") or ""
            if self.host.address in envelope["recipients"]:
                unopened.add(identity)
            else:
                places[identity].update(envelope["recipients"])
        short = {}
        for each in story.posted | story.fresh:
            isOnce = len(places[each]) == members and set(places[each].values()) == {1}
            if not isOnce and not (each in unopened and not places[each]):
                short[each] = (len(places[each]), each in unopened)
        checks.claim(f"{name}: announced = sent + saved, each copy in one place", not short,
                     f"{len(story.posted)} posts, {len(self.pairs)} copies sent, {len(envelopes)} "
                     f"messages saved; not so: {list(short.values())[:5]} of {len(short)}")
        stray = set(places) - story.posted - story.fresh
        checks.claim(f"{name}: nothing else left from the list", not stray, list(stray)[:3])
        left = []
        if story.ending == "discard":
            left = [one for one in self.own
                    if one["id"] in story.posted and one["began"] > story.reset_at]
            checks.claim(f"{name}: after the discard nothing of the storm leaves", not left, len(left))
        row |= {"left": len(left), "posts": len(story.posted), "sent": len(self.pairs),
                "saved": len(envelopes)}
