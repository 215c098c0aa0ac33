// SPDX-License-Identifier: Apache-2.0
//
// The part of a replay that may run on the thread that reads the log: whom to believe, and what each line says.
// It has to see every batch, in order.

public import MailLog

/// Learns whom to believe, and reads the lines of batch after batch.
public struct ReplayStage: Sendable {
    private var trust: ReplayTrust
    private var lines: ReadAhead

    /// A stage that has read nothing.
    init(_ trust: ReplayTrust) {
        self.trust = trust
        lines = ReadAhead(settings: trust.settings)
    }

    /// Puts into `batch` what its entries say, and whom to believe where that has changed.
    public mutating func prepare(_ batch: inout EntryBatch) {
        if trust.learn(from: batch) {
            lines.believe(trust.settings)
            batch.trust = trust.settings
        }
        lines.read(&batch)
    }
}
