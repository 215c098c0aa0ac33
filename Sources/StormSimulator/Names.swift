// SPDX-License-Identifier: Apache-2.0
//
// Names of people and hosts by number, so that a list of a million members takes no memory. All
// under .example and 198.51.100.0/24, RFC 2606 and RFC 5737.

/// The people and hosts of a scenario.
enum Names {
    private static let given = [
        "anna", "bruno", "carla", "denis", "elsa", "farid", "greta", "henri", "irene", "jonas",
        "karin", "louis", "marie", "nadia", "oscar", "paula", "quentin", "rosa", "simon", "tania",
        "ulric", "vera", "willem", "xenia", "yves", "zoe",
    ]
    /// Mail domains that members have; chosen.
    private static let domains = 40

    /// Address of member `number` of list `list`.
    static func member(_ number: Int, of list: Int) -> String {
        let mixed = (number &* 2_654_435_761 &+ list &* 40_503) & 0x7fff_ffff
        return "\(given[mixed % given.count]).\(number)@c\(mixed / 31 % domains).example"
    }

    /// Address of somebody at `domain` who is a member of no list.
    static func outsider(_ number: Int, at domain: String) -> String {
        let mixed = (number &* 2_654_435_761) & 0x7fff_ffff
        return "\(given[mixed % given.count])-\(number)@\(domain)"
    }

    /// One of the mail domains.
    static func domain(number: Int) -> String {
        "c\(Int(number.magnitude % UInt(domains))).example"
    }

    /// What stands behind the `@`.
    static func domain(of address: String) -> Substring {
        guard let at = address.lastIndex(of: "@") else { return "localhost" }
        return address[address.index(after: at)...]
    }

    /// What stands before the `@`.
    static func local(of address: String) -> Substring {
        guard let at = address.lastIndex(of: "@") else { return address[...] }
        return address[..<at]
    }

    /// `NAME[IP]` of the mail host of `domain`, without its port.
    static func relay(_ domain: some StringProtocol) -> String {
        var sum = 7
        for byte in domain.utf8 { sum = (sum &* 31 &+ Int(byte)) & 0xffff }
        return "mx.\(domain)[198.51.100.\(1 + sum % 250)]"
    }
}
