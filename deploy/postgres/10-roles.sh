#!/usr/bin/env bash
# Run once by the Postgres image, on an empty volume: the owner who migrates, the application that works, their database.
set -euo pipefail
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\getenv owner_password TOT_OWNER_PASSWORD
\getenv app_password TOT_APP_PASSWORD
create role tot_owner login password :'owner_password';
create role tot_app login password :'app_password';
create database tot owner tot_owner;
SQL
