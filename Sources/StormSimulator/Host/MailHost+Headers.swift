// SPDX-License-Identifier: Apache-2.0
//
// cleanup's lines: the message id, and the headers that header_checks logs with INFO. The parent's id
// is printed behind the client's words, where 200 bytes of header cannot cut it off.

internal import EventTime

extension MailHost {
    /// A message as cleanup sees it: for the lines of its headers.
    struct Envelope {
        var queueID: String
        var client: String
        var sender: String
        var recipient: String
        var helo: String
        var listID: String?
    }

    /// cleanup's lines: the message id always, the headers when header_checks logs them.
    mutating func writeHeaders(of post: SimulatedPost, _ envelope: Envelope, at time: Timestamp) {
        let cleanup = pick(.cleanup)
        var moment = time
        func line(_ host: inout MailHost, _ text: String) {
            host.write(.cleanup, "\(envelope.queueID): \(text)", at: moment, pid: cleanup)
            moment = moment + host.milliseconds(0.15)
        }
        let origin =
            " from \(envelope.client); from=<\(envelope.sender)> to=<\(envelope.recipient)> "
            + "proto=ESMTP helo=<\(envelope.helo)>"
        func header(_ host: inout MailHost, _ text: String, parent: String? = nil) {
            guard host.scenario.hasHeaders else { return }
            // cleanup prints at most 200 bytes of a header.
            let cut = String(decoding: text.utf8.prefix(200), as: UTF8.self)
            let mark = parent.map { parent in ": parent=\(parent)" } ?? ""
            line(&host, "info: header \(cut)\(origin)\(mark)")
        }
        if let age = post.age { header(&self, "Date: \(ExportForm.mailDate(post.time - age))") }
        if scenario.hasAuthors {
            header(&self, "From: Somebody <\(post.author ?? post.poster)>")
        }
        if post.messageID != "<>" { header(&self, "Message-ID: \(post.messageID)") }
        line(&self, "message-id=\(post.messageID)")
        if let parent = post.parent, parent != "<>" {
            let root = post.root ?? parent
            let chain = root == parent ? parent : "\(root)? \(parent)"
            header(&self, "References: \(chain)", parent: parent)
            header(&self, "In-Reply-To: \(parent)", parent: parent)
        }
        if post.marks.contains(.autoSubmitted) {
            header(&self, "Auto-Submitted: auto-replied")
        }
        if post.marks.contains(.bulk) { header(&self, "Precedence: bulk") }
        if let list = envelope.listID {
            let dotted = list.map { letter in letter == "@" ? "." : letter }
            header(&self, "List-Id: <\(String(dotted))>")
        }
    }
}
