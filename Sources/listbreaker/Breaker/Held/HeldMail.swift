// SPDX-License-Identifier: Apache-2.0
//
// What of the held mail a person means, and how much that is. Every command about it says the numbers
// before it acts: posts, messages, recipients; of the list, of others, and what nobody could read. The
// mistake to avoid: a number that is not of what will be done. It counts what is on hold now;
// what comes later is said by the progress.

internal import Control
internal import Reports
internal import StormDetection
internal import Words

/// Held mail that a command is about.
enum HeldMail: Equatable {
    /// What is held for a list or a sender.
    case list(String)
    /// One post, by queue ID or Message-ID.
    case post(String)
    /// What the halt of the whole queue held.
    case queue

    /// A Message-ID has angle brackets, a list an @, a sender its mark, a queue ID none of them.
    init(_ name: String) {
        self =
            name.hasPrefix("<") || !(name.contains("@") || name.hasPrefix(Subject.senderMark))
            ? .post(name) : .list(name)
    }

    /// What `names` mean among what is on hold: lists and posts as they are, and of texts with a `*` every
    /// post whose Message-ID, sender or From is of that form.
    ///
    /// - Throws: ``Failure`` where such a text means nothing on hold.
    static func meant(by names: [String], in report: HeldReport) throws -> [HeldMail] {
        var found: [HeldMail] = []
        for name in names {
            guard name.contains("*") else {
                found.append(HeldMail(name))
                continue
            }
            let posts = report.posts.filter { $0.isOf(form: name) }
            guard !posts.isEmpty else {
                throw Failure(
                    code: ControlCode.failed,
                    message: "nothing on hold is of the form '\(shown(name))'; see listbreaker held"
                )
            }
            found += posts.map { .post($0.post) }
        }
        return found.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// All that is on hold: each list's, and what the queue's halt held, post by post where `isWhole`
    /// says that the queue may not be named as one.
    static func all(in report: HeldReport, byPost: Bool) -> [HeldMail] {
        let lists = Set(report.posts.compactMap(\.list)).sorted()
        let rest = report.posts.filter { $0.list == nil }
        return lists.map { .list($0) }
            + (byPost ? rest.map { .post($0.post) } : rest.isEmpty ? [] : [.queue])
    }

    /// Whether `post` is of it.
    func has(_ post: HeldReport.Post) -> Bool {
        switch self {
        case .list(let name): post.list == name.lowercased()
        case .post(let name): post.post == name || post.messageID == name
        case .queue: post.list == nil
        }
    }

    /// A request for `verb` about it.
    func request(_ verb: ControlRequest.Verb, reason: String?) throws -> ControlRequest {
        var request = ControlRequest(verb)
        request.reason = reason
        switch self {
        case .list(let name): request.list = name
        case .post(let name): request.post = name
        case .queue: request.isQueue = true
        }
        if let problem = request.problem {
            throw Failure(code: ControlCode.usage, message: problem)
        }
        return request
    }
}

extension HeldReport.Post {
    /// Whether one of its names is of the form `pattern`, in any case.
    fileprivate func isOf(form pattern: String) -> Bool {
        let bytes = Array(pattern.lowercased().utf8)
        return [messageID, sender, from].contains {
            Glob.matches(bytes, Array($0.lowercased().utf8))
        }
    }
}

/// How much that is.
struct HeldNumbers: Equatable {
    private(set) var posts: Int64 = 0
    private(set) var messages: Int64 = 0
    private(set) var copies: Int64 = 0
    /// Messages of these of which it is not known whose they are.
    private(set) var undecided: Int64 = 0

    init(_ posts: [HeldReport.Post]) {
        for post in posts {
            self.posts += 1
            messages += post.messages
            copies += post.copies
            undecided += post.undecided ?? 0
        }
    }

    /// Such as `2 posts in 10 messages to 4,000 recipients`.
    var text: String {
        "\(posts.counting("post")) in \(messages.counting("message")) to "
            + copies.counting("recipient")
    }

    /// What `mail` comes to, and what stays beside it, a line each.
    static func lines(of mail: [HeldMail], in report: HeldReport) -> [String] {
        let own = report.posts.filter { post in mail.contains { $0.has(post) } }
        let others = report.posts.filter { post in !mail.contains { $0.has(post) } }
        var lines: [String] = []
        for list in Set(own.compactMap(\.list)).sorted() {
            let numbers = HeldNumbers(own.filter { $0.list == list })
            lines.append("Of \(shown(list)): \(numbers.text).")
        }
        let rest = own.filter { $0.list == nil }
        if !rest.isEmpty { lines.append("Of no list: \(HeldNumbers(rest).text).") }
        if own.isEmpty { lines.append("Nothing of it is on hold now.") }
        if !others.isEmpty { lines.append("Others, which stay: \(HeldNumbers(others).text).") }
        lines += undecided(in: report)
        return lines
    }

    /// What could not be read, and what was not listed.
    static func undecided(in report: HeldReport) -> [String] {
        var lines: [String] = []
        let undecided = HeldNumbers(report.posts).undecided
        if undecided > 0 {
            lines.append(
                "Undecided: \(undecided.counting("message")). Nobody could read whose they are, or they "
                    + "are a list's and other people's at once. Where a list's mail is discarded they "
                    + "stay on hold; each by its post: listbreaker held release|discard POST"
            )
        }
        if let unreadable = report.unreadable, unreadable > 0 {
            lines.append(
                "\(unreadable.counting("message")) could not be read at all and "
                    + "\(unreadable == 1 ? "stays" : "stay") on hold."
            )
        }
        if report.more > 0 {
            lines.append(
                "\(report.more.counting("message")) of further posts are on hold and not counted here."
            )
        }
        return lines
    }
}
