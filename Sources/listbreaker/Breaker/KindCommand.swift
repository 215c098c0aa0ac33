// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Control
internal import StormDetection

/// A kind on the command line.
struct KindArgument: ExpressibleByArgument {
    static let allValueStrings = KindWord.allCases.map(\.rawValue)

    /// The word.
    var word: KindWord

    /// One of the four words.
    init?(argument: String) {
        guard let word = KindWord(rawValue: argument) else { return nil }
        self.word = word
    }
}

/// `listbreaker kind`: a person's word about what a list is for.
struct KindCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kind",
        abstract: "Say what a list is for; the rules go by it at once.",
        discussion: """
            announce: few may post and nobody answers, so the second post of others trips it. \
            discussion: members talk, so it is not taken for one of announcements. role: an address \
            for a few people, to whom strangers write, so it is held at most. auto: learned again. \
            It outlives restarts; 'status LIST' shows it. AnnounceOnly= in the settings goes before it.
            """
    )

    @Argument(help: "The list, by its posting address.", completion: Suggested.lists)
    var list: String

    @Argument(help: "announce, discussion, role, or auto.")
    var kind: KindArgument

    @Option(help: ArgumentHelp("Why; it goes into the log.", valueName: "text"))
    var reason: String?

    @OptionGroup var name: NewName
    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    func run() throws {
        var request = ControlRequest(.kind)
        request.list = list
        request.isNew = name.new
        request.kind = kind.word
        request.reason = reason
        try control.command(request, form)
    }
}
