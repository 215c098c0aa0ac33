// SPDX-License-Identifier: Apache-2.0
//
// A real Postfix of the test's own: configuration, queue and log below /tmp, no port but a sink
// on loopback, no name of the system's instance. It needs root and Debian's postfix package;
// without them the tests that want it are skipped, loudly.

import Glibc
import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

/// A running Postfix instance that belongs to one test.
final class PrivatePostfix {
    let scratch: Scratch
    private let sink: pid_t
    private static let isSkipSaid: Void = print(
        "MailServersTests: SKIPPED: the tests against a real Postfix need root and the postfix package"
    )

    /// Whether this machine can run one.
    static var isPossible: Bool {
        let isPossible =
            geteuid() == 0
            && ["postfix", "postsuper", "smtp-sink", "sendmail"].allSatisfy {
                unsafe access("/usr/sbin/\($0)", X_OK) == 0
            }
        if !isPossible { _ = isSkipSaid }
        return isPossible
    }

    var configuration: String { "\(scratch.path)/etc" }
    var queue: String { "\(scratch.path)/queue" }
    var state: String { "\(scratch.path)/state" }

    /// Starts it; every copy that leaves is a file in `sunk`.
    ///
    /// `extra` is for main.cf, `services` for master.cf; `prepare` gets the path of all its
    /// directories when they are there and empty. The sink answers DATA after `sinkDelay`
    /// seconds.
    init(
        extra: String = "",
        services: String = "",
        sinkDelay: Int = 0,
        prepare: (String) throws -> Void = { _ in }
    ) throws {
        scratch = try Scratch()
        let path = scratch.path
        for name in ["etc", "queue", "data", "sunk", "state"] {
            try #require(unsafe mkdir("\(path)/\(name)", 0o755) == 0)
        }
        try prepare(path)
        try #require(unsafe chmod(path, 0o755) == 0)
        try #require(unsafe chmod("\(path)/sunk", 0o777) == 0)
        _ = try Program("/bin/chown", ["postfix", "\(path)/data"]).check(deadline: .seconds(5))
        let port = try Self.freePort()
        try scratch.write("etc/hold", "/^Subject: quarantine/ HOLD\n")
        try scratch.write("etc/main.cf", Self.main(path: path, port: port, extra: extra))
        try scratch.write("etc/master.cf", Self.master + services)
        sink = try spawn(
            "/usr/sbin/smtp-sink",
            ["-u", "nobody"] + (sinkDelay > 0 ? ["-w", "\(sinkDelay)"] : [])
                + ["-d", "\(path)/sunk/%s.", "127.0.0.1:\(port)", "100"]
        )
        try #require(eventually { Self.answers(port) }, "no sink listens")
        let outcome = try Program("/usr/sbin/postfix", ["-c", configuration, "start"])
            .run(deadline: .seconds(60))
        try #require(outcome.status == 0, "\(String(decoding: outcome.messages, as: UTF8.self))")
    }

    deinit {
        stop()
        kill(sink, SIGKILL)
        var status: Int32 = 0
        unsafe waitpid(sink, &status, 0)
    }

    /// Ends Postfix; the sink goes on.
    func stop() {
        _ = try? Program("/usr/sbin/postfix", ["-c", configuration, "stop"])
            .run(deadline: .seconds(60))
    }

    func driver() throws -> PostfixDriver {
        PostfixDriver(
            instances: [try PostfixInstance(name: "-", at: configuration)],
            state: state
        )
    }

    /// Gives a message to sendmail(1); it is in the maildrop on return.
    func send(
        to recipients: [String],
        subject: String = "hello",
        from sender: String = "list@local.test",
        id: String? = nil
    ) throws {
        var program = Program(
            "/usr/sbin/sendmail",
            ["-C", configuration, "-f", sender] + recipients
        )
        let name = id.map { "Message-ID: <\($0)>\n" } ?? ""
        program.input = Array("\(name)Subject: \(subject)\n\nhello\n".utf8)
        _ = try program.check(deadline: .seconds(20))
    }

    /// Messages in `queue` by ID, as the file system has them.
    func ids(in queue: String) -> Set<QueueID> {
        Set(StateFile.names(below: "\(self.queue)/\(queue)").compactMap { QueueID($0) })
    }

    /// How many messages are anywhere but on hold.
    var moving: Int {
        ["maildrop", "incoming", "active", "deferred"].reduce(0) {
            $0 + StateFile.names(below: "\(queue)/\($1)").count
        }
    }

    /// Recipients of every copy that left, each as often as it did.
    func sunk() throws -> [String: Int] {
        var count: [String: Int] = [:]
        for name in StateFile.names(below: "\(scratch.path)/sunk") {
            let text = try scratch.read("sunk/\(name)")
            for line in text.split(separator: "\n") where line.hasPrefix("X-Rcpt-Args: <") {
                let address = line.dropFirst("X-Rcpt-Args: <".count).prefix { $0 != ">" }
                count[String(address), default: 0] += 1
            }
        }
        return count
    }

    private static func main(path: String, port: Int, extra: String) -> String {
        """
        compatibility_level = 3.6
        queue_directory = \(path)/queue
        data_directory = \(path)/data
        syslog_name = listbreaker-test
        inet_interfaces = 127.0.0.1
        inet_protocols = ipv4
        myhostname = host.local.test
        mydestination = $myhostname, local.test
        local_transport = discard:
        local_recipient_maps =
        alias_maps =
        alias_database =
        relayhost = [127.0.0.1]:\(port)
        header_checks = regexp:\(path)/etc/hold
        smtp_destination_recipient_limit = 1
        queue_run_delay = 10s
        minimal_backoff_time = 10s
        transport_retry_time = 10s
        \(extra)
        """
    }

    /// qmgr(8) puts a message whose file is locked in that moment back into `incoming`, and looks
    /// there when new mail comes or when it is woken: every 10 s here, every 300 s as shipped.
    private static let master = """
        pickup unix n - n 60 1 pickup
        cleanup unix n - n - 0 cleanup
        qmgr unix n - n 10 1 qmgr
        rewrite unix - - n - - trivial-rewrite
        bounce unix - - n - 0 bounce
        defer unix - - n - 0 bounce
        trace unix - - n - 0 bounce
        flush unix n - n 1000? 0 flush
        proxymap unix - - n - - proxymap
        smtp unix - - n - - smtp
        relay unix - - n - - smtp -o syslog_name=listbreaker-test/relay
        out-2 unix - - n - - smtp
        showq unix n - n - - showq
        error unix - - n - - error
        retry unix - - n - - error
        discard unix - - n - - discard
        scache unix - - n - 1 scache

        """

    static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let outcome = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, length) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        try #require(outcome)
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

extension PrivatePostfix {
    /// Whether somebody listens on `port` of the loopback.
    ///
    /// A mail server that is quicker than its sink defers, and tries again only minutes later.
    static func answers(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}

/// Starts a program that is to be ended by its process id.
func spawn(_ path: String, _ arguments: [String]) throws -> pid_t {
    var child: pid_t = 0
    var words: [UnsafeMutablePointer<CChar>?] =
        unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
    defer { unsafe words.forEach { unsafe free($0) } }
    let outcome = unsafe posix_spawn(&child, path, nil, nil, &words, environ)
    try #require(outcome == 0, "cannot start \(path)")
    return child
}
