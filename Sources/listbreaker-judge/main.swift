// SPDX-License-Identifier: Apache-2.0
//
// listbreaker-judge: how well detection judges, on real traffic. Reads streams of posts as CSV
// on standard input (unix_time,list,sender_hash,message_id_hash,in_reply_to_hash,is_reply,
// date_lag_s; header lines between them are skipped), replays them for false trips, injects
// simulated storms, and prints the tables. Seeded: the same input gives the same tables.
//
//     gzip -dc traffic/*.csv.gz | listbreaker-judge [--false-trips] [--storms]

let arguments = Set(CommandLine.arguments.dropFirst())
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
