// SPDX-License-Identifier: Apache-2.0
//
// What the actuator answers, always in the same shape: how things stand now, what this command
// did, how long each step took, and everything that went wrong. A report with errors may still
// say that mail is halted: read `isHalted`, not the absence of errors.

/// The actuator's answer to one command.
public struct HaltReport: Sendable, Codable, Equatable {
    /// How the block in main.cf stands.
    public enum Block: String, Sendable, Codable {
        /// Not there.
        case absent
        /// Written by this command.
        case installed
        /// There already.
        case already
        /// It had gone, by someone else's hand, and was written again by this command.
        case reinstalled
        /// Taken out by this command; main.cf is what it was.
        case restored
        /// There, but others altered it; left alone. See ``HaltReport/changed``.
        case changed
        /// It could not be read or written. See ``HaltReport/errors``.
        case failed
    }

    /// One step and its time.
    public struct Step: Sendable, Codable, Equatable {
        /// `gate`, `hold`, `block`, `settle`, `open`, `release`.
        public var name: String
        /// Wall time in milliseconds.
        public var milliseconds: Double

        /// A step.
        public init(name: String, milliseconds: Double) {
            self.name = name
            self.milliseconds = milliseconds
        }
    }

    /// What was carried out: the word of the request, `assert-boot`, or `none`.
    public enum Verb: Sendable, Equatable, Codable {
        /// What was asked.
        case asked(ActuatorRequest.Verb)
        /// What is due before the mail server starts.
        case assertBoot
        /// Nothing: the request was refused.
        case none

        /// The verb that goes by `word`; one of another version is none.
        private init(word: String) {
            self =
                word == "assert-boot"
                ? .assertBoot : ActuatorRequest.Verb(rawValue: word).map { .asked($0) } ?? .none
        }

        /// Reads the word.
        public init(from decoder: any Decoder) throws {
            self.init(word: try decoder.singleValueContainer().decode(String.self))
        }

        /// Writes the word.
        public func encode(to encoder: any Encoder) throws {
            var value = encoder.singleValueContainer()
            switch self {
            case .asked(let verb): try value.encode(verb)
            case .assertBoot: try value.encode("assert-boot")
            case .none: try value.encode("none")
            }
        }
    }

    /// The verb that was carried out.
    public var verb: Verb
    /// Whether outbound mail is halted now: the wish stands, and every service is closed.
    public var isHalted = false
    /// Which mail server this is about; nil when that could not be told.
    public var mta: MTA?
    /// Whether a running mail server was found.
    public var isRunning = false
    /// The block in main.cf; of several instances the worst.
    public var block = Block.absent
    /// Messages that this command put on hold.
    public var held = 0
    /// Messages on hold that are ours.
    public var heldTotal = 0
    /// Messages on hold that are someone else's; never touched.
    public var foreign = 0
    /// Messages that this command gave back.
    public var released = 0
    /// Of these, so old that they went through the queue anew under another ID.
    public var requeued = 0
    /// Messages that this command saved and deleted.
    public var discarded = 0
    /// Messages that this command sent again from what was saved.
    public var restored = 0
    /// Saved messages that this command deleted, since they were old; nil: it does not.
    public var pruned: Int?
    /// Copies, by recipients, of what this command gave back or discarded.
    public var copies = 0
    /// Held messages that the command was about and that are still on hold; for `held-posts`: that
    /// belong to no post that is listed.
    public var left = 0
    /// Messages that stay on hold since whose they are could not be told; nil: not counted.
    ///
    /// They are unreadable, or a list's and other people's at once. For `held-posts`: those of them
    /// that no post counts.
    public var undecided: Int?
    /// For `held`: the messages, the oldest first.
    public var messages: [HeldMessage] = []
    /// For `held-posts` and `saved-posts`: the posts, the oldest first.
    public var posts: [HeldPost] = []
    /// For `block-lists` and `narrow`: lists whose posts the mail server now holds by itself; for `status`, also
    /// those that it held until a while ago.
    public var blocked: [String] = []
    /// For `hold-list` and `block-lists`: what the looks through the queue found of lists whose mail
    /// the mail server holds by itself; nil: it was not looked.
    public var taken: [TakenIn]?
    /// Whether the mail server is set up to stop the whole of a list's mail; nil where it cannot be.
    public var narrows: Bool?
    /// For `pass`: the messages that were marked.
    ///
    /// For `narrow` and `hold-list`: those of before that may still be under way. At most ``ActuatorRequest/idLimit``; nil: none.
    public var passing: [String]?
    /// For `probe`: what would keep mail from being halted, in sentences; nil of one that does not say.
    public var obstacles: [String]?
    /// Local messages that the hold had caught and this command let go on.
    public var letGo = 0
    /// Services that are closed, or will be: everything that carries mail out.
    public var services: [String] = []
    /// What others changed meanwhile, in sentences; left alone.
    public var changed: [String] = []
    /// What people may want to know and need not act on, in sentences.
    public var notes: [String] = []
    /// The steps in order.
    public var steps: [Step] = []
    /// What went wrong, in sentences.
    public var errors: [String] = []
    /// The actuator's version.
    public var version = ActuatorVersion.text

    /// An empty report of `verb`.
    public init(verb: Verb) { self.verb = verb }

    /// An empty report of a verb that was asked.
    public init(_ verb: ActuatorRequest.Verb) { self.verb = .asked(verb) }
}

/// The version that both sides compare.
public enum ActuatorVersion {
    /// Changes with the wire format; the package's version otherwise.
    public static let text = "1"
}
