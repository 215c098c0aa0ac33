# SPDX-License-Identifier: Apache-2.0
#
# An index, not a build system: each target names the script that does the work. All of them run
# from a fresh clone on Debian 12 with a Swift toolchain and install what they miss with apt.
#
#   make run      build a release and watch this machine's journal, in the foreground, observe mode, as
#                 `listbreaker top` in a terminal; where there is no mail log, one is played
#   make demo     a storm in a journal of its own: the trip, the page and the reset, in a terminal
#   make test     all tests
#   make test-address  all tests under the address sanitizer; the C in them traps on undefined behaviour
#   make e2e      the package in a booted Debian with Postfix, under a storm (root, some minutes), and of
#                 the table of list software the row whose day it is; make e2e ALL=1: the whole table
#   make e2e-fleet  a fleet: e2e-fleet-loopback, trips of the same moment, kill -9 within trips and resets, 10,000 facts
#                 a second, a thousand relays, a host that stands still, a broker on a full disk, then five booted Debians, a list host,
#                 two relays and two brokers, under storms (root, forty minutes)
#   make e2e-fleet-loopback  three hosts and two brokers on loopback: one storm, killed brokers, one reset
#   make fleet-demo  three hosts and two brokers in network namespaces: a storm and a reset, told in a minute; as root
#   make deb-fleet  listbreaker-fleet_VERSION_ARCH.deb, the carrier of a fleet
#   make deb      listbreaker_VERSION_ARCH.deb for Debian 12 and later
#   make lintian  what Debian's own checker says of the packages and of the source; a word is an error
#   make lint     format, imports, scripts, manuals, units and their exposure, catalogue
#   make check    lint and test
#   make bench    speed against a bare C loop, instructions, allocations, cost of a post, memory, and
#                 other readers of mail logs beside it, as far as they are installed
#   make judge    what the rules would have done to real traffic, injected storms, seeds/, and one table
#                 of what must be beside what is: SEEDS=10; SHORT=1 for a change that is being made
#   make fuzz     the parsers against mutated lines: make fuzz SECONDS=60
#   make soak     a site's year through engine and store: 200 lists, 12 storms, 50 restarts; the curve
#                 of memory, descriptors and files
#   make man      the manuals, as text, through a pager
#   make clean    what the targets above made

.PHONY: run demo test test-address e2e e2e-fleet e2e-fleet-loopback fleet-demo deb deb-fleet lintian lint check bench judge fuzz soak man clean

run:
	.ci/install build journal
	.ci/foreground

demo:
	.ci/install build journal
	.ci/demo

test:
	.ci/install build journal test mailers monitors
	.ci/test

test-address:
	.ci/install build journal test mailers monitors
	.ci/test address

e2e: deb
	.ci/install e2e
	python3 Tests/EndToEnd/run.py $(if $(ALL),--all)

e2e-fleet: e2e-fleet-loopback deb deb-fleet
	.ci/install e2e fleet
	python3 Tests/Fleet/together.py
	python3 Tests/Fleet/killed.py
	/usr/bin/python3 Tests/Fleet/busy.py
	/usr/bin/python3 Tests/Fleet/thousand.py
	python3 Tests/Fleet/troubled.py
	python3 Tests/EndToEnd/run.py fleet

e2e-fleet-loopback:
	.ci/install build journal test
	swift build --quiet --product listbreakerd
	swift build --quiet --product listbreaker-fleetd
	swift build --quiet --product listbreaker
	python3 Tests/Fleet/fleet.py

fleet-demo:
	.ci/install build journal test
	swift build --quiet --product listbreakerd
	swift build --quiet --product listbreaker-fleetd
	swift build --quiet --product listbreaker
	.ci/fleet-demo

deb:
	.ci/install build package
	.ci/deb

lintian:
	.ci/install lintian
	.ci/lintian

deb-fleet:
	.ci/install build package
	.ci/deb-fleet

lint:
	.ci/install build lint
	.ci/lint

check: lint test

bench:
	.ci/install build journal bench
	.ci/bench

judge:
	.ci/install build
	Tests/judge $(if $(SHORT),--short) $(if $(SEEDS),--count $(SEEDS))

fuzz:
	.ci/install build
	.ci/fuzz $(or $(SECONDS),60)

soak:
	.ci/install build journal test
	swift build --quiet --build-tests --explicit-target-dependency-import-check error
	LISTBREAKER_SOAK=year swift test --skip-build --disable-xctest --no-parallel \
		--filter '^DaemonTests\.SoakTests'

man:
	man -l docs/man/*

clean:
	rm -rf .build .build-thread .build-address .build-fuzz .build-e2e
