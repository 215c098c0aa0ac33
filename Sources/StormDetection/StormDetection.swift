// SPDX-License-Identifier: Apache-2.0
//
// Overview of the target; no code.

/// NAME: StormDetection, which judges the traffic of mailing lists.
///
/// SUMMARY
///
///     var detector = StormDetector(settings: settings)
///     if let verdict = detector.observe(event, list: identity) { ... }
///
/// DESCRIPTION
///
/// One detector judges all lists of a host on the time of the events alone. Its rules, in the
/// order in which they speak when several would:
///
/// - *announce breach*: a list configured announce-only redistributes the second post of
///   somebody who may not post. A list that merely had one poster so far gets a soft hold.
/// - *strangers in one thread*: people who never posted to the list answer in one thread, 4
///   within an hour, 5 within six, 8 within a day. Needs In-Reply-To in the log.
/// - *loop*: one sender's message for the fifth time, faster than a queue sends again, two posters in
///   strict alternation, chains of answers faster than people write.
/// - *policy*: so many people answered within the hour, by the size of the list.
/// - *storm*: a sequential test that learns what is usual on the list and keeps the configured
///   budget of false trips; or more newcomers than twice the list's busiest day, and three.
/// - *ceiling*: posts or copies an hour over a table and over four times the busiest clean hour;
///   what a build robot or a mailing in parts does is held only.
///
/// People are counted, not messages: a poster counts once in six hours. Robots count only for
/// loops and the ceiling, posts that were old on arrival for neither: they came out of a queue
/// that was flushed. One mailing is one post, whatever its copies, and never trips anything.
///
/// A sender that is no list has a ceiling of its own: messages, and recipients outside, an hour.
/// The table holds for a known sender, or four times his busiest clean hour of the weeks before;
/// one who was not watched for five weeks, or sent on fewer than ten days, may have ten times the
/// table. When a fifth of his recipients are refused for good, that grace is gone and so is the
/// doubt. Planned mailings do not count. His verdicts bear the name `sender:ADDRESS` in the place
/// of a list's address.
///
/// A verdict is a value with its evidence. Nothing here acts.
///
/// LIMITS
///
/// Per list 0.7 KiB of statistics, and one block of rings that grows with use: 0.2 KiB after the first
/// post, 1.4 KiB on a list of 30 posts a day, 30 KiB at most. In it: 40 segments of the windows; 20
/// posts for `explain`; 768 posters of 24 h; 256 strangers of two days; 64 returns, 64 hops; 128
/// repliers; 16 newcomers and 64 posts of an announce list; 8 steady posters, 8 threads in parts; 48
/// hours of the week. Also 32 planned mailings. Per sender that is no list: 0.3 KiB, as many as
/// ListTraffic keeps; planned mailings of 256 of them. The windows reach back between their length and
/// one bucket less (10 s, 1 min, 5 min, 2 h). Times in rings are whole seconds from 1970 to 2106. Counts
/// saturate: 65,535 posts a segment. One event is worked through in constant time, a post in a few
/// microseconds.
///
/// A clock that steps back by at most an hour is waited for; by more, the short memory of the
/// lists it touches is dropped. An attacker who posts for weeks raises the ceiling to ten times
/// the table at most, the policy rule by half, the storm test by a few nats, the newcomers' limit
/// tenfold, a sender's ceiling fourfold a week and tenfold at most, or silences that one rule with more new addresses than the list has posts; somebody who
/// posts four times a day for three weeks is held where others trip, up to ten times the table. The
/// rules for announce lists, strangers and loops learn nothing that he could teach. A list that
/// changes its size is judged by the new one at its next post.
///
/// SECURITY
///
/// Text from the log is kept and shown, never interpreted. Arithmetic neither traps nor yields
/// anything but finite numbers. No I/O, no clock, no randomness; of the C library only exp, log
/// and exp2.
///
/// DIAGNOSTICS
///
/// A snapshot that cannot be read is `DecodingError.dataCorrupted`: start from an empty detector;
/// the learned baselines are lost and every list warms up again.
///
/// BUGS
///
/// A storm of people who all posted before, slow and on a busy list, is seen late. In a list's first
/// fortnight a first thread that everybody answers is a storm in form.
public enum StormDetectionModule {}
