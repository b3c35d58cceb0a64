#!/usr/bin/env bash
# Run once by the Postgres image, on an empty volume: the owner who migrates, the role that plays every part, one role for each
# part, their database. `tot migrate` grants them what they may do. Older volumes: docs/how-to/go-live.md.
set -euo pipefail
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\getenv owner_password TOT_OWNER_PASSWORD
\getenv app_password TOT_APP_PASSWORD
\getenv api_password TOT_API_PASSWORD
\getenv worker_password TOT_WORKER_PASSWORD
\getenv relay_password TOT_RELAY_PASSWORD
\getenv intents_password TOT_INTENTS_PASSWORD
create role tot_owner login password :'owner_password';
create role tot_app login password :'app_password';
create role tot_api login password :'api_password';
create role tot_worker login password :'worker_password';
create role tot_relay login password :'relay_password';
create role tot_intents login password :'intents_password';
create database tot owner tot_owner;
SQL
