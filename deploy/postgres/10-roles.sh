#!/usr/bin/env bash
# Run once by the Postgres image, on an empty volume: the owner who migrates, the role that plays every part, one role for each
# part, one that has analysts' queries yield and is granted nothing, their database, and the groups of analysts, whose logins the
# owner makes. `tot migrate` grants the others what they may do.
# Older volumes: docs/how-to/go-live.md, for analysts docs/analysts.md.
set -euo pipefail
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\getenv owner_password TOT_OWNER_PASSWORD
\getenv app_password TOT_APP_PASSWORD
\getenv api_password TOT_API_PASSWORD
\getenv worker_password TOT_WORKER_PASSWORD
\getenv relay_password TOT_RELAY_PASSWORD
\getenv intents_password TOT_INTENTS_PASSWORD
\getenv webhooks_password TOT_WEBHOOKS_PASSWORD
\getenv yield_password TOT_YIELD_PASSWORD
create role tot_owner login createrole password :'owner_password';
create role tot_app login password :'app_password';
create role tot_api login password :'api_password';
create role tot_worker login password :'worker_password';
create role tot_relay login password :'relay_password';
create role tot_intents login password :'intents_password';
create role tot_webhooks login password :'webhooks_password';
create role tot_yield login connection limit 3 password :'yield_password';
create role tot_analyst nologin;
create role tot_clinic_analyst nologin;
grant tot_analyst, tot_clinic_analyst to tot_owner with admin true, inherit false, set false;
create database tot owner tot_owner;
\connect tot
-- Facts are appended under an advisory lock: only the platform's own roles take any. Nor does anybody else make large objects.
do $$ declare it regprocedure; begin
    for it in select oid from pg_proc
              where pronamespace = 'pg_catalog'::regnamespace and proname ~ '^(pg_(try_)?advisory_|lo_creat|lo_from)' loop
        execute format('revoke execute on function %s from public', it);
        execute format('grant execute on function %s to tot_owner, tot_app, tot_api, tot_worker, tot_relay, tot_intents, tot_webhooks', it);
    end loop;
end $$;
SQL
