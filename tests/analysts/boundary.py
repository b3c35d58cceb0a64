r"""Tries to get, as an analyst, what an analyst may not have: personal data, other relations, writing, another clinic's rows.

    python3 boundary.py --url <an analyst's address> --clinic-url <an address of an analyst of the first clinic> \
        --nobody-url <an address of a member of tot_clinic_analyst without a clinic> --size 3000

The database holds the seeded year. Needs psql on the path and nothing but Python's standard library.
"""

import argparse
import re
import subprocess
import sys

from facts import MARKER
from model import ADMIN_ID
from plan import Plan

# What no column is called, and what no column is made of.
NAMES = r"(^|_)(e?mail|phone|name|address|symptoms?|notes?|latitude|longitude|body|digest|details|patient_id|owner_id)(_|$)"
TYPES = "('real', 'double precision', 'json', 'jsonb', 'bytea', 'timestamp without time zone', 'interval')"
RELATIONS = ("relkind in ('r', 'p', 'v', 'm', 'f', 'S') "
             "and relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)")
REACHED = f"""
do $$ declare it regclass; begin
    for it in select oid::regclass from pg_class where {RELATIONS} and relnamespace <> 'pg_toast'::regnamespace
        and relname not like 'pg_%' and relnamespace not in (select oid from pg_namespace where nspname = 'analytics')
    loop
        begin
            execute format('select from %s limit 0', it);
            raise notice 'REACHED %', it;
        exception when insufficient_privilege then
            raise notice 'refused %', it;
        end;
    end loop;
end $$"""
# Each one with the read-only default turned off, which every login may.
WRITES = [
    "insert into analytics.settings values (2, 'UTC')",
    "update analytics.payouts set status = 'paid'",
    "delete from analytics.bookings",
    "insert into public.events select * from public.events",
    "update analytics_private.clinic_logins set clinic_id = null",
    "update analytics_private.settings set zone = 'UTC'",
    "create table analytics.mine (number int)",
    "create table public.mine (number int)",
    "create temporary table mine (number int)",
    "create schema mine",
    "create function analytics.mine() returns int language sql as 'select 1'",
    "alter view analytics.bookings owner to session_user",
    "alter role session_user connection limit 100",
    "grant tot_analyst to session_user",
    "set role tot_owner",
    "set session authorization tot_owner",
    "select public.append_facts(" + ", ".join(22 * ["'{}'"]) + ")",
    "select public.renew_log_identity()",
    "copy analytics.settings to '/tmp/analyst'",
    "copy (select 1) to program 'true'",
    "select pg_read_file('/etc/hostname')",
    # Facts are appended under this lock; a superuser closes it, as docs/analysts.md says.
    "select pg_advisory_lock(7245301)",
    "select lo_creat(-1)",
]
DEFAULTS = {"transaction_read_only": "on", "statement_timeout": "30s", "lock_timeout": "5s", "search_path": "analytics",
            "idle_in_transaction_session_timeout": "1min", "timezone": "UTC"}

wrong = []


def check(good, what):
    print(f"{'ok' if good else 'WRONG':5} {what}")
    if not good:
        wrong.append(what)


def psql(url, *commands):
    arguments = [part for command in commands for part in ("--command", command)]
    return subprocess.run(["psql", "--no-psqlrc", "--csv", "--tuples-only", "--set=ON_ERROR_STOP=1", "--set=VERBOSITY=verbose", url,
                           *arguments], capture_output=True, text=True, check=False)


def ask(url, sql):
    ran = psql(url, sql)
    if ran.returncode:
        sys.exit(ran.stderr)
    return ran.stdout.split("\n")[:-1]


def views(url):
    return ask(url, "select relname from pg_class where relkind = 'v' and relnamespace = 'analytics'::regnamespace order by 1")


def documented(url):
    columns = ask(url, "select attrelid::regclass || '.' || attname from pg_attribute join pg_class c on c.oid = attrelid "
                       "where relnamespace = 'analytics'::regnamespace and attnum > 0")
    check(len(columns) > 100, f"there are {len(columns)} columns")
    missing = ask(url, "select attrelid::regclass || '.' || attname from pg_attribute join pg_class c on c.oid = attrelid "
                       "where relnamespace = 'analytics'::regnamespace and attnum > 0 and col_description(attrelid, attnum) is null "
                       "union all select oid::regclass::text from pg_class where relnamespace = 'analytics'::regnamespace "
                       "and obj_description(oid, 'pg_class') is null")
    check(not missing, f"every view and column has a comment {missing}")
    open_views = ask(url, "select oid::regclass from pg_class where relnamespace = 'analytics'::regnamespace and relkind = 'v' "
                          "and not coalesce(reloptions @> '{security_barrier=true}', false)")
    check(not open_views, f"every view is a security barrier {open_views}")
    check(not [one for one in columns if re.search(NAMES, one.split(".")[-1])], "no column is called like personal data")
    typed = ask(url, "select attrelid::regclass || '.' || attname || ' ' || format_type(atttypid, atttypmod) from pg_attribute "
                     "join pg_class c on c.oid = attrelid where relnamespace = 'analytics'::regnamespace and attnum > 0 and ("
                     f"format_type(atttypid, null) in {TYPES} or (atttypid = 'numeric'::regtype and atttypmod < 0) "
                     "or (atttypid = 'timestamptz'::regtype) <> (attname like '%\\_at') "
                     "or (attname like '%\\_date' and atttypid <> 'date'::regtype) "
                     "or (attname like '%\\_seconds' and atttypid <> 'bigint'::regtype))")
    check(not typed, f"types are plain, sums exact, times, dates and durations named by their kind {typed}")


def contents(url, plan):
    shown = "\n".join(psql(url, f"copy (select * from analytics.{view}) to stdout").stdout for view in views(url))
    check(len(shown) > 100_000, "the views show something")
    secrets = {MARKER, MARKER.lower(), ADMIN_ID, "+7000"} | {patient.id for patient in plan.patients}
    secrets |= {text for patient in plan.patients if patient.place for text in patient.place}
    check(not [one for one in secrets if one in shown], "no name, contact, symptom, coordinate or id of a patient or admin is shown")
    keys = ask(url, "select distinct patient_key from analytics.bookings union select patient_key from analytics.dim_patient")
    check(len(keys) == len(plan.patients) and all(len(key) == 32 for key in keys), "a pseudonym means one patient in every view")
    check(ask(url, "select coalesce(min(patients), 5) >= 5 from analytics.districts where south is not null") == ["t"], "k is at least 5")


def rights(url, who):
    reached = psql(url, REACHED)
    refused = reached.stderr.count("refused ")
    check(reached.returncode == 0 and "REACHED" not in reached.stderr and refused > 30,
          f"{who}: {refused} relations refuse {[line for line in reached.stderr.splitlines() if 'REACHED' in line]}")
    for statement in WRITES:
        ran = psql(url, "set default_transaction_read_only = off", statement)
        code = re.search(r"ERROR:  (\w{5})", ran.stderr)
        refusals = ("42501", "0A000", "55000", "0LP01", "42P01", "25006")
        check(ran.returncode != 0 and code and code[1] in refusals and code[1] != "25006",
              f"{who}: {statement[:60]} … {code[1] if code else ran.stderr or 'DONE'}")
    ran = psql(url, "create temporary table mine (number int)")
    check(ran.returncode != 0, f"{who}: read-only from the beginning")
    for setting, value in DEFAULTS.items():
        found = ask(url, f"show {setting}")
        check(found == [value], f"{who}: {setting} begins as {value} {found}")
    check(ask(url, "select rolconnlimit from pg_roles where rolname = session_user") == ["5"], f"{who}: five connections")
    # A default is no wall: Postgres lets everybody lift it. If that ever changes, docs/analysts.md should say so.
    check(psql(url, "set statement_timeout = 0", "select 1").returncode == 0, f"{who}: the time-out can be lifted, as documented")
    definers = ask(url, "select oid::regprocedure from pg_proc where prosecdef and pronamespace <> 'pg_catalog'::regnamespace "
                        "and has_schema_privilege(pronamespace, 'USAGE') and has_function_privilege(oid, 'EXECUTE')")
    check([one.strip('"').split("(")[0].split(".")[-1] for one in definers] == ["position_at"],
          f"{who}: of the owner's functions only position_at may be called {definers}")


def one_clinic(url, whole_url, plan):
    clinic = plan.clinics[0]
    theirs = [booking for booking in plan.bookings if booking.clinic == clinic]
    doctors = {doctor.id for doctor in plan.doctors if doctor.clinic == clinic}
    # A condition that fails on a row it sees must not be tried on rows that are not theirs.
    ran = psql(url, f"select count(*) from analytics.bookings where clinic_id <> '{clinic}' and (booking_id || 'x')::int = 1")
    check(ran.stdout.split() == ["0"], f"clinic: a failing condition tells nothing of others {ran.stderr}")
    for unlock in ([], ["set role tot_clinic_analyst"], ["set search_path = pg_temp, public", "set tot.clinic = ''"]):
        ran = psql(url, *unlock, "select count(*) from analytics.bookings")
        check(ran.stdout.split()[-1:] == [str(len(theirs))], f"clinic: its {len(theirs)} bookings, whatever is set {unlock}")
    for view in ("transitions", "assignments", "payments", "refunds"):
        ids = set(ask(url, f"select distinct booking_id from analytics.{view}"))
        check(ids and ids <= {booking.id for booking in theirs}, f"clinic: {view} of its bookings alone")
    for view in ("payouts", "doctor_hours", "dim_doctor"):
        check(set(ask(url, f"select distinct doctor_id from analytics.{view}")) == doctors, f"clinic: {view} of its doctors alone")
    check(ask(url, "select clinic_id from analytics.dim_clinic") == [clinic], "clinic: itself alone")
    lines = set(ask(url, "select distinct booking_id || '' from analytics.ledger_lines where booking_id is not null"))
    check(lines and lines <= {booking.id for booking in theirs}, "clinic: ledger lines of its bookings alone")
    check(ask(url, "select count(*) from analytics.ledger_lines where account = 'cash_clearing' or doctor_id not in (select doctor_id "
                   "from analytics.dim_doctor)") == ["0"], "clinic: no other money")
    patients = {booking.patient.id for booking in theirs}
    check(ask(url, "select count(*) from analytics.dim_patient") == [str(len(patients))], "clinic: patients who booked its doctors")
    check(ask(url, "select bool_and(patients >= 5) from analytics.districts where south is not null") in (["t"], [""]), "clinic: k, too")
    for view in ("bookings", "payments", "ledger_lines", "dim_doctor", "districts"):
        own, every = (int(ask(one, f"select count(*) from analytics.{view}")[0]) for one in (url, whole_url))
        check(0 < own < every, f"clinic: {view} shows {own} rows of {every}")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--url", required=True)
    arguments.add_argument("--clinic-url", required=True)
    arguments.add_argument("--nobody-url", help="an address of an analyst of a clinic that none was named for")
    arguments.add_argument("--size", type=int, default=3000)
    given = arguments.parse_args()
    plan = Plan(given.size)
    documented(given.url)
    contents(given.url, plan)
    rights(given.url, "analyst")
    rights(given.clinic_url, "clinic")
    one_clinic(given.clinic_url, given.url, plan)
    for view in views(given.url) if given.nobody_url else []:
        rows = ask(given.nobody_url, f"select count(*) from analytics.{view}")
        check(rows == ["0"] or view in ("settings", "freshness"), f"a clinic's analyst without a clinic: no rows of {view} {rows}")
    print(f"{len(wrong)} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
