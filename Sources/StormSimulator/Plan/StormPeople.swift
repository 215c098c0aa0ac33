// SPDX-License-Identifier: Apache-2.0
//
// Who takes part in a storm: members in a scattered order, some of them again, some by another
// address of theirs; regulars of the list, and people who are no members, where a scenario says so.

/// The people of one storm.
struct StormPeople {
    /// Somebody who writes.
    struct Person {
        var address: String
        var isOutsider = false
    }

    private let members: Int
    private(set) var posts = 0
    private var people: [Person] = []
    /// Regulars who have not written yet.
    private var regulars: [Int]

    init(_ traffic: Traffic, members: Int) {
        self.members = max(1, members)
        let isWanted = traffic.regularShare > 0
        regulars =
            isWanted ? Array(traffic.firstMember..<traffic.firstMember + traffic.posters) : []
    }

    /// Who writes next to list number `list`.
    ///
    /// Chance is drawn only for what is asked for.
    mutating func next(_ traffic: Traffic, _ list: Int, _ random: inout Randomness) -> Person {
        posts += 1
        if people.count > 1, random.chance(traffic.repeatShare) {
            return people[random.whole(0..<people.count)]
        }
        if !people.isEmpty, traffic.secondAddressShare > 0,
            random.chance(traffic.secondAddressShare)
        {
            let known = people[random.whole(0..<people.count)]
            let name = Names.local(of: known.address)
            return Person(address: "\(name).\(posts)@home.example", isOutsider: true)
        }
        let person = newcomer(traffic, list, &random)
        people.append(person)
        return person
    }

    private mutating func newcomer(
        _ traffic: Traffic,
        _ list: Int,
        _ random: inout Randomness
    ) -> Person {
        if !regulars.isEmpty, random.chance(traffic.regularShare) {
            let number = regulars.remove(at: random.whole(0..<regulars.count))
            return Person(address: Names.member(number, of: list))
        }
        if traffic.outsiderShare > 0, random.chance(traffic.outsiderShare) {
            return Person(address: Names.outsider(posts, at: "outside.example"), isOutsider: true)
        }
        return Person(address: Names.member(random.whole(0..<members), of: list))
    }
}
