// SPDX-License-Identifier: Apache-2.0
//
// What a person is told to type, on a host with systemd and on one without.

import Linux
import Testing

@Suite struct HostStepTests {
    private func here(_ command: String, _ programs: [String] = []) -> String? {
        HostStep.command(command, hasSystemd: false) { programs.contains($0) }
    }

    @Test func `without systemd no step names it`() {
        #expect(here("systemctl enable --now listbreakerd") == "start listbreakerd")
        #expect(
            here("systemctl enable --now listbreaker-actuator.socket")
                == "start listbreaker-actuator"
        )
        #expect(here("systemctl restart listbreakerd") == "restart listbreakerd")
        #expect(
            here("journalctl -u listbreakerd -n 20")
                == "see what listbreakerd wrote to its standard error"
        )
        #expect(here("timedatectl set-ntp true") == nil)
        #expect(
            here("adduser x systemd-journal && systemctl restart listbreakerd", ["adduser"])
                == "adduser x systemd-journal && restart listbreakerd"
        )
        #expect(
            here("mkdir -p /x && systemctl daemon-reload && systemctl restart postfix", ["mkdir"])
                == "mkdir -p /x && restart postfix"
        )
        #expect(
            HostStep.text(
                "listbreaker check-config, then systemctl reload listbreakerd; more",
                hasSystemd: false
            ) == "listbreaker check-config, then send listbreakerd a SIGHUP; more"
        )
        #expect(
            HostStep.text("is x running? systemctl status x", hasSystemd: false)
                == "is x running? look whether x runs"
        )
    }

    @Test func `what is not installed is not offered`() {
        let command = "postconf maillog_file; journalctl SYSLOG_FACILITY=2 -n 5"
        #expect(here(command, ["journalctl"]) == "journalctl SYSLOG_FACILITY=2 -n 5")
        #expect(here(command, ["postconf"]) == "postconf maillog_file")
        #expect(here("apt install postfix") == "install postfix")
        #expect(here("apt install postfix", ["apt"]) == "apt install postfix")
        #expect(here("postfix reload") == nil)
        #expect(HostStep.isInstalled("sh"))
        #expect(!HostStep.isInstalled("no-such-program"))
    }

    @Test func `with systemd a step stays as it is`() {
        for step in ["systemctl restart listbreakerd", "journalctl -u listbreakerd -n 20"] {
            #expect(HostStep.command(step, hasSystemd: true) { _ in true } == step)
            #expect(HostStep.text(step, hasSystemd: true) == step)
        }
    }
}
