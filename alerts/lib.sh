#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# For alert scripts, to be sourced: secrets and HTTP, so that a script says only what is particular
# to its service. See listbreaker-alerts(7). A secret never becomes an argument of a program and
# never leaves here by the environment; what a service answers goes to standard error, since
# standard output is where we are told when to try again.

: "${LISTBREAKER_TARGET:=${0##*/}}"

# fail CODE TEXT: says why, and ends.
fail() {
    printf '%s: %s\n' "$LISTBREAKER_TARGET" "$2" >&2
    exit "$1"
}

# secret_file NAME: prints the path of the file TARGET.NAME; fails when there is none.
secret_file() {
    for file in "${CREDENTIALS_DIRECTORY:-}/alert_$LISTBREAKER_TARGET.$1" \
        "${CREDENTIALS_DIRECTORY:-}/$LISTBREAKER_TARGET.$1" \
        "/etc/listbreaker/credentials/$LISTBREAKER_TARGET.$1"; do
        if [ -r "$file" ]; then
            printf '%s\n' "$file"
            return 0
        fi
    done
    return 1
}

# secret NAME [DEFAULT]: prints the first line of the file TARGET.NAME.
secret() {
    if file=$(secret_file "$1"); then
        line=
        IFS= read -r line <"$file" || [ -n "$line" ] || fail 78 "$file is empty"
        printf '%s\n' "$line"
    elif [ $# -gt 1 ]; then
        printf '%s\n' "$2"
    else
        fail 78 "listbreakerd was given no $LISTBREAKER_TARGET.$1: it belongs into \
/etc/listbreaker/credentials, and is taken by: systemctl restart listbreakerd"
    fi
}

# bare JSON: a JSON string without its quotation marks, to be joined within others.
bare() {
    text=${1#\"}
    printf '%s' "${text%\"}"
}

# brief: the page in three lines, and a fourth with the runbook's address where the site has one, as a JSON string of some 2 KiB: for services with short messages.
brief() {
    mark=$LISTBREAKER_SEVERITY
    [ "$LISTBREAKER_STATUS" = firing ] || mark=resolved
    printf '"[%s] %s: %s\\nSince %s.\\n%s%s"' "$mark" "$(bare "$LISTBREAKER_HOST_JSON")" \
        "$(bare "$LISTBREAKER_SUMMARY_JSON")" "$(bare "$LISTBREAKER_BEGAN_JSON")" \
        "$(bare "$LISTBREAKER_ADVICE_JSON")" \
        "${LISTBREAKER_RUNBOOK_URL:+\\n$(bare "$LISTBREAKER_RUNBOOK_URL_JSON")}"
}

# signed KEY TEXT: TEXT with a code behind it that only who has KEY can make. The key goes through a pipe, and
# a hash of a hash with the key in front of both cannot be extended (as in NMAC, RFC 2104).
signed() {
    code=$(printf '%s\n%s\n' "$1" "$2" | sha256sum)
    code=$(printf '%s\n%s\n' "$1" "${code%% *}" | sha256sum)
    printf '%s %s' "$2" "${code%% *}"
}

# quoted TEXT: as a value in curl's configuration. sed reads it from a pipe, not as an argument.
quoted() {
    printf '%s\n' "$1" | sed 's/[\\"]/\\&/g; s/^/"/; s/$/"/'
}

# send METHOD URL [HEADER]: sends standard input, which is JSON unless $content_type says otherwise,
# and ends with the exit code that the answer means: 0 taken, 75 try again, 78 our address is wrong, 1 anything else.
send() {
    case $2 in
        http://?* | https://?*) ;;
        *) fail 78 "the address begins neither with http:// nor with https://" ;;
    esac
    settings="url = $(quoted "$2")"
    if [ $# -gt 2 ]; then
        settings="$settings
header = $(quoted "$3")"
    fi
    # What a site adds for this target: cacert, cert, proxy and so on.
    if more=$(secret_file curl); then
        settings="$settings
$(cat "$more")"
    fi
    exec 4>&2
    code=0
    # -q: no configuration of a user. No redirection is followed: it could go anywhere. The answer
    # goes to descriptor 4, what curl itself says and the result to the variable.
    answer=$(
        curl -q --config /dev/fd/3 --request "$1" --data-binary @- \
            --header "Content-Type: ${content_type:-application/json}" --user-agent listbreaker \
            --silent --show-error --fail-with-body --proto '=http,https' \
            --connect-timeout 10 --max-time 15 --retry 0 --max-filesize 1048576 \
            --write-out '%{stderr}\n%{http_code} %header{retry-after}' 2>&1 >&4 3<<END
$settings
END
    ) || code=$?
    result=${answer##*
}
    said=${answer%
*}
    [ -z "$said" ] || printf '%s\n' "$said" >&2
    judge "${result%% *}" "${result#* }" "$code"
}

# judge STATUS RETRY-AFTER CODE: ends with what HTTP's status and curl's exit code mean.
judge() {
    case $1 in
        2??) exit 0 ;;
        408 | 429 | 5??)
            case $2 in
                '' | *[!0-9]*) ;;
                *) printf 'retry-after: %s\n' "$2" ;;
            esac
            fail 75 "the service answers $1"
            ;;
        3??) fail 1 "the service answers $1, it is to be found elsewhere: correct the address" ;;
        [1-9]??) fail 1 "the service answers $1" ;;
    esac
    case $3 in
        # Names, connections, time, broken transfers; curl(1), EXIT CODES.
        5 | 6 | 7 | 16 | 18 | 28 | 52 | 55 | 56 | 92 | 95 | 96) fail 75 "no answer (curl $3)" ;;
        *) fail 1 "no answer that can be used (curl $3)" ;;
    esac
}
