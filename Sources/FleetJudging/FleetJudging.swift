// SPDX-License-Identifier: Apache-2.0

/// # FleetJudging
///
/// NAME: FleetJudging - a storm that is dealt over several hosts, judged as if one log held it.
///
/// SUMMARY: ``FleetJudge`` takes ``FactBatch``es of all hosts and gives verdicts. What a host tells are
/// the facts of ListTraffic: which list, which message, whom it answers, who posted, how old, how many
/// copies, and what the host is to the list.
///
/// DESCRIPTION: the facts go into the same table of traffic and the same detector that each host has for
/// itself. Strangers, threads and kinds are the judge's word. A post counts once, by list and 128 bits of
/// SHA-256 of its Message-ID. Copies are those of the hosts that make them, and those of relays only where
/// no such host tells; a relay's post waits two seconds for that. A message that comes to a second host
/// after its copies went out has come back.
///
/// A host's stamp is believed within its arrival and the lag that the host tells, to two seconds; else the
/// arrival less that lag counts. So a clock that is off by a day moves nothing, and is named after three
/// batches. What is older than the horizon is learned: who posted, which thread, how large the list is. It
/// is never judged.
///
/// A verdict that rests on one host alone is not told: that host has it by itself.
///
/// ``FleetJudge/archive(_:)`` writes all of it in parts, or reads it, so that a restart within a storm costs
/// nothing; ``FleetJudge/learn(from:_:)`` adds what the judge's own host learned meanwhile.
///
/// LIMITS: 2,000 hosts; 16 hosts a list as witnesses; two generations of 50,000 posts to join copies by;
/// 64 facts a batch; a window of 256 batches against doubles; those of ListTraffic and StormDetection.
///
/// SECURITY: no I/O, no clock, no randomness. A host can say of the lists in the judge's domains what it
/// likes; alone it makes no verdict, moves no clock and makes nothing forgotten.
///
/// DIAGNOSTICS: ``FleetJudge/counts``, ``FleetJudge/takeClockDoubts()``.
///
/// BUGS: a message that is personalised under a Message-ID per copy is as many posts. Copies that left are
/// not told, so that a verdict's evidence has announced ones only. A judge that starts without a memory knows
/// whom the tables that it is given know: all others are strangers to it until they post.
public enum FleetJudgingManual {}
