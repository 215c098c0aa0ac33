// SPDX-License-Identifier: Apache-2.0
//
// listbreaker-judge: how well detection judges, on real traffic. Reads streams of posts as CSV
// on standard input (unix_time,list,sender_hash,message_id_hash,in_reply_to_hash,is_reply,
// date_lag_s; header lines between them are skipped), replays them for false trips, injects
// simulated storms, and prints the tables. Seeded: the same input gives the same tables.
//
//     gzip -dc traffic/*.csv.gz | listbreaker-judge [--false-trips] [--rivals] [--storms]
//
// With `--path` the rows take the whole road instead: as the log of a mail host through the engine.
//
//     gzip -dc NAME.csv.gz | listbreaker-judge --path [--shape alias|mlmmj|mailman] [--members N]
//         [--headers on|off] [--hosts N] [--whole]
//
// `--hosts` deals the posts over the hosts of a fleet, which has a judge.
//
// With `--truth` it prints what a scenario promises, and when its storm's posts come.
//
//     listbreaker-judge --truth seeds/NAME.scenario on|off
//
// With `--promises` it plays scenarios in memory, with many seeds, and says how each promise is kept.
//
//     listbreaker-judge --promises [--seeds N] [--from N] seeds/NAME.scenario ...
//
// With `--late` it prints false trips and the trip's answer, with Dates in time and late.

import Glibc

let words = CommandLine.arguments.dropFirst()
if words.first == "--path" {
    guard let view = RealPath.View(Array(words.dropFirst())) else { exit(64) }
    RealPath.run(view)
    exit(0)
}
if words.first == "--truth" {
    let rest = Array(words.dropFirst())
    guard rest.count == 2 else { exit(64) }
    exit(Truth.show(rest[0], hasHeaders: rest[1] != "off") ? 0 : 1)
}
if words.first == "--promises" {
    exit(Promises.run(Array(words.dropFirst())) ? 0 : 1)
}
let arguments = Set(words)
let lists = TrafficFile.readStandardInput()
let posts = lists.reduce(0) { $0 + $1.rows.count }
let years = lists.reduce(0) { $0 + $1.years }
print("\(lists.count) lists, \(posts) posts, \(rounded(years, 1)) list-years")
if arguments.isEmpty || arguments.contains("--false-trips") {
    FalseTrips.printTable(lists)
}
if arguments.isEmpty || arguments.contains("--storms") {
    InjectedStorms.printTable(lists)
}
if arguments.isEmpty || arguments.contains("--late") {
    LateDates.printTable(lists)
}
if arguments.contains("--rivals") {
    FalseTrips.printRivals(lists, years)
}
