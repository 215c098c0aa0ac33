// SPDX-License-Identifier: Apache-2.0
//
// Descriptors that are kept back for the order to the actuator, the page and the answer on the socket:
// who has none left can neither halt mail nor say so. The mistake to avoid: to take them back at once;
// what they were given up for needs them.

internal import Glibc
internal import Linux

/// A few open descriptors that stand for nothing.
struct Reserve: ~Copyable {
    /// How many: a socket to the actuator, one of a person, pipes and memory files of two alert
    /// scripts, the habits' file with its log.
    ///
    /// Chosen.
    static let size = 24

    private var descriptors: [Int32] = []

    /// Takes the reserve, as far as there is one.
    init() { refill() }

    /// Whether it was given up, or could not be taken.
    var isGone: Bool { descriptors.count < Self.size }

    /// Why no further file can be opened; nil: one can.
    ///
    /// Gives up the reserve when none can, and takes it again when there is plenty.
    mutating func probe() -> Errno? {
        let descriptor = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let errno = Errno.last
            guard errno.number == EMFILE || errno.number == ENFILE else { return nil }
            release()
            return errno
        }
        close(descriptor)
        guard isGone else { return nil }
        refill()
        // Without it the next shortage is already here.
        return isGone ? Errno(EMFILE) : nil
    }

    /// Takes the reserve where as many again are left besides.
    private mutating func refill() {
        while descriptors.count < 2 * Self.size {
            let descriptor = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return release() }
            descriptors.append(descriptor)
        }
        while descriptors.count > Self.size { close(descriptors.removeLast()) }
    }

    private mutating func release() {
        for descriptor in descriptors { close(descriptor) }
        descriptors = []
    }

    deinit {
        for descriptor in descriptors { close(descriptor) }
    }

    /// Lets this process open as many files as it may at all; getrlimit(2).
    static func raiseLimit() {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0,
            limit.rlim_cur < limit.rlim_max
        else { return }
        limit.rlim_cur = limit.rlim_max
        // Under systemd the unit says it, and this is not allowed.
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
