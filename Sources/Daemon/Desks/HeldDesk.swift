// SPDX-License-Identifier: Apache-2.0
//
// Requests about held mail. What is on hold is asked from the actuator, which reads the headers;
// what becomes of it is the board's business, so that it survives a restart.

internal import Breaker
internal import Control
internal import Engine
internal import EventTime
internal import HaltWire
internal import Reports
internal import StormDetection

extension ControlDesk {
    /// Held mail by post, of `list` or all.
    func heldPosts(_ list: String?) async -> ControlResponse {
        do throws(HaltError) {
            let report = try await client.send(
                ActuatorRequest(.heldPosts, list: list?.lowercased())
            )
            guard report.errors.isEmpty || !report.posts.isEmpty else {
                return .refused(ControlCode.failed, report.errors.joined(separator: "; "))
            }
            return body(
                HeldReport(
                    posts: report.posts.map(HeldReport.Post.init),
                    more: Int64(report.left),
                    held: Int64(report.heldTotal),
                    foreign: Int64(report.foreign),
                    unreadable: report.undecided.map { Int64($0) }
                )
            )
        } catch {
            return .refused(ControlCode.failed, "\(error)")
        }
    }

    /// Saved mail by post, of `post` or all.
    func savedPosts(_ post: String?) async -> ControlResponse {
        do throws(HaltError) {
            let report = try await client.send(ActuatorRequest(.savedPosts, post: post))
            guard report.errors.isEmpty || !report.posts.isEmpty else {
                return .refused(ControlCode.failed, report.errors.joined(separator: "; "))
            }
            return body(
                HeldReport(
                    posts: report.posts.map(HeldReport.Post.init),
                    more: Int64(report.left),
                    held: Int64(report.heldTotal),
                    foreign: 0
                )
            )
        } catch {
            return .refused(ControlCode.failed, "\(error)")
        }
    }

    /// Begins to give back or discard what `request` names.
    func clear(
        _ action: Clearing.Action,
        _ request: ControlRequest,
        _ audit: Audit
    ) async -> ControlResponse {
        var list = request.list?.lowercased()
        var post: String?
        if let wanted = request.post {
            do throws(HaltError) {
                let report = try await client.send(ActuatorRequest(.heldPosts))
                let found = report.posts.first { $0.id == wanted || $0.messageID == wanted }
                guard let found else {
                    return .refused(
                        ControlCode.failed,
                        "no post '\(wanted)' is on hold; see listbreaker held"
                    )
                }
                list = found.list.isEmpty ? nil : found.list
                // What has no Message-ID is one message, and goes by its queue ID.
                post = found.messageID.isEmpty ? found.id : found.messageID
            } catch {
                return .refused(ControlCode.failed, "\(error)")
            }
        }
        let subject = list.map { Subject($0) } ?? .queue
        return respond(
            await loop.take(
                .command(.clear(action, subject, post: post, rate: request.rate), by: audit)
            )
        )
    }

    /// Sends a discarded post again.
    func restore(_ post: String, _ audit: Audit) async -> ControlResponse {
        do throws(HaltError) {
            let report = try await client.send(ActuatorRequest(.restore, post: post))
            guard report.errors.isEmpty, report.restored > 0 else {
                let why = report.errors.joined(separator: "; ")
                return .refused(
                    ControlCode.failed,
                    why.isEmpty ? "no discarded post '\(post)' is kept" : why
                )
            }
            log.write(
                5,
                .resumed,
                "\(report.restored) discarded messages of '\(post)' sent again, by "
                    + "\(audit.who): \(audit.reason)"
            )
            return .done("\(report.restored) discarded messages of '\(post)' are sent again")
        } catch {
            return .refused(ControlCode.failed, "\(error)")
        }
    }
}

extension HeldReport.Post {
    /// The post as people are shown it.
    init(_ post: HeldPost) {
        self.init(
            post: post.id,
            list: post.list.isEmpty ? nil : post.list,
            messageID: post.messageID,
            from: post.from,
            subject: post.subject,
            sender: post.sender,
            firstSeen: Timestamp(seconds: post.first).rfc3339,
            messages: Int64(post.messages),
            copies: Int64(post.copies),
            undecided: post.undecided.map { Int64($0) }
        )
    }
}
