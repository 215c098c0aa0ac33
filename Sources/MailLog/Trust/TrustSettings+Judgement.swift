// SPDX-License-Identifier: Apache-2.0
//
// Whether an entry is what its identifier claims. Road, user, executable, unit, process id: the
// first that is wrong names the verdict. Fifteen ways of forging a line were tried on Debian 12;
// each fails at the road or at the user. The table that people read is in listbreaker.conf(5), WHOSE
// LINES ARE BELIEVED. The mistake to avoid: to ask for the unit where user and executable prove the
// line, for then a Postfix that somebody started by hand is not seen.

internal import Words

extension TrustSettings {
    /// Who `entry` claims to come from, and what its fields say to that; as `dialect` where that is
    /// known.
    func source(of entry: LogEntry, as dialect: Dialect?, in bytes: [UInt8]) -> Source {
        var source = Source(claim: claim(of: entry.identifier, in: bytes))
        if let dialect { source.claim.dialect = dialect }
        if source.claim.isUnnamed {
            if isProvenPostfix(entry, in: bytes) {
                source.claim.dialect = .postfix
                source.isProven = true
            } else if source.claim.dialect == .none {
                source.claim.dialect = .postfix
                source.isUnknown = true
                source.road = .unknownName
            }
        }
        guard source.claim.dialect != .none, !source.isUnknown else { return source }
        source.road = judgeRoad(entry, source.claim, in: bytes)
        source.hasUser = entry.uid != nil
        if source.road == .genuine, source.hasUser {
            source.program = judgeProgram(entry, source.claim, in: bytes)
        }
        return source
    }

    /// The verdict on `entry`, which comes from `source`.
    @inline(__always)
    func judge(_ entry: LogEntry, from source: Source, in bytes: [UInt8]) -> Trust {
        if source.isUnknown { return source.road }
        if holdsControl(entry.message, in: bytes) { return .forgedControl }
        guard source.road == .genuine, source.hasUser else { return source.road }
        if entry.syslogPid != 0, entry.pid != 0, entry.syslogPid != entry.pid,
            !isNamedUnit(entry.unit, in: bytes)
        {
            // Of a program that was gone before journald asked for its unit nobody knows that it is the
            // container's; such are the last lines of a start.
            return !units.isEmpty && entry.unit.isEmpty ? .unproven : .forgedPid
        }
        return source.program
    }

    /// Whether the settings name `unit`: in a container that it runs, a program knows itself by another
    /// number than the one that the kernel tells journald.
    private func isNamedUnit(_ unit: ByteRange, in bytes: [UInt8]) -> Bool {
        guard !units.isEmpty, !unit.isEmpty else { return false }
        let name = LineCursor(bytes, unit)
        return units.contains { Glob.matches($0, bytes[name.at..<name.end]) }
    }

    /// The verdict on road and user.
    private func judgeRoad(_ entry: LogEntry, _ claim: Claim, in bytes: [UInt8]) -> Trust {
        switch entry.transport {
        case .syslog: break
        case .absent where acceptsAbsentFields: break
        // Mailman and containers print to a pipe, and a unit's pipe has a user too.
        case .other where claim.dialect == .mailman: break
        case .absent, .driver, .other:
            return isHarmless(claim, in: bytes) ? .unproven : .forgedTransport
        }
        guard let user = entry.uid else { return acceptsAbsentFields ? .genuine : .forgedUser }
        guard isTrusted(user, as: claim.dialect) else {
            return isHarmless(claim, in: bytes) ? .unproven : .forgedUser
        }
        return .genuine
    }

    /// The verdict on executable and unit.
    private func judgeProgram(_ entry: LogEntry, _ claim: Claim, in bytes: [UInt8]) -> Trust {
        if !isOwnExecutable(entry, claim, in: bytes) { return .forgedExecutable }
        return isOwnUnit(entry, claim, in: bytes) ? .genuine : .forgedUnit
    }

    /// The verdict on `entry`, which a container driver says that a container printed.
    ///
    /// The driver's user and program prove that it was the container of that name; what runs in the
    /// container may print what it likes.
    func judgeContained(_ entry: LogEntry, in bytes: [UInt8]) -> Trust {
        if holdsControl(entry.message, in: bytes) { return .forgedControl }
        guard entry.transport == .other else { return .forgedTransport }
        guard let user = entry.uid, isTrusted(user, as: .postfix) else { return .forgedUser }
        let path = LineCursor(bytes, entry.executable)
        guard !entry.executable.isEmpty, path.has("/usr/"),
            path.ends(in: "/dockerd") || path.ends(in: "/conmon") || path.ends(in: "/podman")
        else { return .forgedExecutable }
        let name = bytes[Int(entry.container.start)..<Int(entry.container.end)]
        return containers.contains { $0.elementsEqual(name) } ? .genuine : .forgedUnit
    }

    /// Whether `entry` proves, whatever it calls itself, that Postfix wrote it: a user of Postfix's,
    /// and its program or its unit.
    func isProvenPostfix(_ entry: LogEntry, in bytes: [UInt8]) -> Bool {
        switch entry.transport {
        case .syslog: break
        case .absent: if entry.uid == nil { return acceptsAbsentFields }
        case .driver, .other: return false
        }
        guard let user = entry.uid, isTrusted(user, as: .postfix) else { return false }
        return isDaemon(entry.executable, in: bytes) || isPostfixUnit(entry.unit, in: bytes)
    }

    /// Whether `executable` lies in a directory of Postfix's daemons.
    func isDaemon(_ executable: ByteRange, in bytes: [UInt8]) -> Bool {
        let path = LineCursor(bytes, executable)
        return daemonDirectories.contains { starts(path, with: $0) }
    }

    /// Whether the text holds a newline or NUL.
    ///
    /// Postfix replaces them, the others write line by line.
    private func holdsControl(_ message: ByteRange, in bytes: [UInt8]) -> Bool {
        let cursor = LineCursor(bytes, message)
        let text = bytes.span.extracting(cursor.at..<cursor.end)
        // No way out of the loop: so the compiler looks at 16 bytes at once (measured: 190 in place
        // of 1,780 instructions a line).
        var found: UInt8 = 0
        for index in text.indices {
            let byte = text[index]
            found |= (byte == 10 ? 1 : 0) | (byte == 0 ? 1 : 0)
        }
        return found != 0
    }

    /// Whether lines like it come from any user and decide nothing: tools that run as whoever called
    /// them, and list managers, whose identifiers (`bulk`, `archived`) others use as well.
    private func isHarmless(_ claim: Claim, in bytes: [UInt8]) -> Bool {
        let process = LineCursor(bytes, claim.process)
        switch claim.dialect {
        case .postfix:
            return process.isExactly("sendmail") || process.isExactly("postdrop")
                || process.isExactly("postfix")
                || process.isExactly("postqueue")
        case .sendmail: return process.isExactly("sendmail")
        case .mailman, .sympa, .mlmmj: return true
        case .none, .exim, .opensmtpd: return false
        }
    }

    private func isOwnExecutable(_ entry: LogEntry, _ claim: Claim, in bytes: [UInt8]) -> Bool {
        guard !entry.executable.isEmpty else { return true }
        let path = LineCursor(bytes, entry.executable)
        var name = path
        var last = path.end
        while last > path.at, bytes[last - 1] != ASCII.slash { last -= 1 }
        name.at = last
        switch claim.dialect {
        case .postfix:
            if isDaemon(entry.executable, in: bytes) { return true }
            return path.has("/usr/")
                && (name.isExactly("postsuper") || name.isExactly("postlog")
                    || name.isExactly("postqueue") || name.isExactly("postdrop")
                    || name.isExactly("sendmail") || name.isExactly("postfix")
                    || name.isExactly("postmap") || name.isExactly("postalias")
                    || name.isExactly("sendmail.postfix"))
        case .exim: return path.has("/usr/") && name.has("exim")
        case .sendmail: return path.has("/usr/") && name.has("sendmail")
        case .opensmtpd: return path.has("/usr/") && (name.has("smtpd") || name.has("smtpctl"))
        case .none, .mailman, .sympa, .mlmmj: return true
        }
    }

    private func starts(_ path: LineCursor, with directory: [UInt8]) -> Bool {
        guard path.end - path.at > directory.count else { return false }
        for index in 0..<directory.count where path.bytes[path.at + index] != directory[index] {
            return false
        }
        return true
    }

    private func isOwnUnit(_ entry: LogEntry, _ claim: Claim, in bytes: [UInt8]) -> Bool {
        guard !entry.unit.isEmpty else { return true }
        switch claim.dialect {
        case .postfix:
            if isPostfixUnit(entry.unit, in: bytes) { return true }
            // Tools from an administrator's shell or a scheduled job.
            if LineCursor(bytes, claim.process).has("post") { return true }
            // Postfix started by hand, by cron, monit or a unit of the site: its user and its
            // program prove it. In a container neither is this host's.
            return isDaemon(entry.executable, in: bytes) && !isContainer(entry.unit, in: bytes)
        case .none, .exim, .sendmail, .opensmtpd, .mailman, .sympa, .mlmmj:
            return true
        }
    }

    private func isPostfixUnit(_ unit: ByteRange, in bytes: [UInt8]) -> Bool {
        let name = LineCursor(bytes, unit)
        if name.has("postfix@") || name.has("postfix.service") { return true }
        return isNamedUnit(unit, in: bytes)
    }

    /// Whether `unit` is one that a container driver makes: root in it may be anybody outside, and
    /// the path of a program says nothing.
    private func isContainer(_ unit: ByteRange, in bytes: [UInt8]) -> Bool {
        let name = LineCursor(bytes, unit)
        return name.has("machine-") || name.has("systemd-nspawn@") || name.has("docker-")
            || name.has("docker.service") || name.has("containerd.service")
            || name.has("cri-") || name.has("crio-") || name.has("libpod-") || name.has("podman-")
            || name.has("lxc") || name.has("snap.lxd") || name.has("incus")
            || name.has("buildkit")
    }
}
