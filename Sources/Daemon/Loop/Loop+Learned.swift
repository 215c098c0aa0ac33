// SPDX-License-Identifier: Apache-2.0
//
// What `listbreaker learn` left beside our state: one file, in a directory that is ours alone. It is
// read off the loop, taken between two turns, and removed when it is saved. A kill in between takes it
// once more, which changes nothing. Taken only when the log was read up to now: what this host saw
// itself comes first.

internal import Breaker
internal import Engine
internal import EventTime
internal import Linux

extension Loop {
    /// Takes what was left, on the word of who asks.
    func learn(by audit: Audit) async -> CommandAnswer {
        guard isReady else {
            return CommandAnswer(
                code: 0,
                message: "old entries are still read; what was learned is taken right after them"
            )
        }
        return await takeLearned { _ in audit }
            ?? CommandAnswer(
                code: 1,
                message: "there is nothing to learn in '\(parts.learned)'; nothing was changed"
            )
    }

    /// Takes what was left while no daemon ran, on the word of who left it.
    func learnWhatWasLeft() async {
        let answer = await takeLearned { left in
            Audit(uid: left.uid, time: left.time, reason: "left for the start")
        }
        if let answer, answer.code != 0 { parts.log.write(4, nil, answer.message) }
    }

    /// Nil when nothing was left.
    private func takeLearned(_ audit: (LearnedFile) -> Audit) async -> CommandAnswer? {
        let path = parts.learned
        do {
            // Megabytes: a trip must not wait for them.
            let found = try await Task.detached {
                try WholeFile.read(path, atMost: LearnedFile.mostBytes, followsLinks: false)
                    .map(LearnedFile.init)
            }.value
            guard let found else { return nil }
            let answer = await take(.learned(found.snapshot, by: audit(found)))
            try WholeFile.remove(path)
            return answer
        } catch {
            // Left there it would be tried again at each start.
            try? WholeFile.remove(path)
            return CommandAnswer(
                code: 1,
                message:
                    "cannot take what was learned in '\(path)': \(error); nothing was changed, "
                    + "and it is removed. Run listbreaker learn again"
            )
        }
    }
}
