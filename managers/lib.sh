#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# For manager scripts, to be sourced: what a list was like is written down before it is touched, so
# that a kill at any point is made good by the next call. A script is called with `stop LIST`,
# `restore LIST`, `describe LIST` or `status`; see listbreaker-managers(7).

alerts=$(dirname "$(readlink -f "$0")")/../alerts
# shellcheck disable=SC1091
. "$alerts/lib.sh"

# Where the records are: the daemon's state, or a directory for trying things out.
records=${LISTBREAKER_STATE:-/var/lib/listbreaker/manager}/$LISTBREAKER_TARGET

# begin VERB [LIST]: the verb in $verb; a list's address, checked and in lower case, in $list.
begin() {
    verb=${1-}
    list=$(printf '%s' "${2-}" | tr '[:upper:]' '[:lower:]')
    case $verb:$# in
        stop:2 | restore:2 | describe:2) ;;
        status:1) return 0 ;;
        *) fail 64 "usage: $LISTBREAKER_TARGET stop LIST | restore LIST | describe LIST | status" ;;
    esac
    # It becomes the name of a file and a part of an address; nothing else than a list is named so.
    case $list in
        *[!a-z0-9.@_+=~-]* | [!a-z0-9]* | *@*@* | *@ | *..*) list= ;;
        *@*) ;;
        *) list= ;;
    esac
    if [ -z "$list" ] || [ ${#list} -gt 200 ]; then fail 64 "this is no list's address"; fi
    record=$records/$list
    # Who only asks may be nobody who could write there.
    [ "$verb" = describe ] || mkdir -p "$records"
}

# tell NAME TEXT: one thing that `describe` says of the list; nothing where TEXT is empty.
tell() { [ -z "$2" ] || printf '%s: %s\n' "$1" "$2"; }

# word TEXT: TEXT as one word of a command for a person to copy.
word() { printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"; }

# is_known: whether the list is stopped, or half so.
is_known() { [ -e "$record" ]; }

# note: standard input becomes the record of the list, durably.
note() {
    cat >"$records/.next"
    sync "$records/.next"
    mv "$records/.next" "$record"
    sync "$records"
}

# forget: the list is as it was.
forget() {
    rm -f "$record"
    sync "$records"
}

# changed TEXT: what somebody else changed meanwhile, and we leave alone.
changed() { printf 'changed: %s\n' "$1"; }

# stopped: says which lists have a record.
stopped() {
    [ -d "$records" ] || return 0
    for each in "$records"/*@*; do
        [ ! -e "$each" ] || printf 'stopped: %s\n' "${each##*/}"
    done
}
