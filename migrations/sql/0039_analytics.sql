-- What analysts' views stand on: the schema itself, who sees which clinic, the key of pseudonyms, the platform's zone.
--
-- Views belong to the owner and read with the owner's rights; analysts may select from `analytics` and nothing else (src/analysts.rs).
-- Functions called in a view run with the caller's rights, so views call only what everybody may call; what is secret is read
-- from tables.

create schema analytics;
create schema analytics_private;

comment on schema analytics is
    'For analysts, version 1. Columns are only ever added; what changes its meaning gets a new view beside the old one. '
    'Rubles are numeric(14,2), times are timestamptz named …_at, dates named …_date are local to settings.zone, '
    'durations are whole seconds named …_seconds. See docs/analysts.md.';

-- How the platform's days and months begin. `tot migrate` may write it; a view cannot read the environment.
create table analytics_private.settings (
    only_row boolean primary key default true check (only_row),
    zone     text not null default 'Europe/Moscow'
        -- An unknown zone is an error here and not in every view.
        check (timestamptz '2026-01-01 00:00:00+00' at time zone zone is not null)
);
insert into analytics_private.settings default values;

-- Pseudonyms are SHA-256 under this key. It is made once and stays, so that they mean the same person over the years; whoever
-- cannot read it can neither undo a pseudonym nor make one from an id of the API.
create table analytics_private.pseudonym_key (
    only_row boolean primary key default true check (only_row),
    key      bytea not null check (length(key) = 32)
);
insert into analytics_private.pseudonym_key (key)
values (sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));

-- Which clinic a login is of. Keyed on the login itself, which a session cannot change, and on no setting, which it could.
create table analytics_private.clinic_logins (
    login      name primary key,
    clinic_id  uuid not null,
    created_at timestamptz not null default clock_timestamp()
);

-- What this session sees: everything, one clinic, or (a member of tot_clinic_analyst without a clinic) nothing. The owner of a role
-- may administer it without being restricted by it; hence the rights to use and to become it are asked for, not membership.
create view analytics_private.scope as
select mine.clinic_id,
       mine.clinic_id is null and not exists (
           select from pg_roles restricted
           where restricted.rolname = 'tot_clinic_analyst'
             and (pg_has_role(session_user, restricted.oid, 'USAGE') or pg_has_role(session_user, restricted.oid, 'SET'))
             -- A superuser counts as a member of every role.
             and not exists (select from pg_roles me where me.rolname = session_user and me.rolsuper)
       ) as sees_all
from (
    select (select c.clinic_id from analytics_private.clinic_logins c where c.login = session_user) as clinic_id
) mine;

-- The generation of each read model that readers see, by its newest shape.
create view analytics_private.live as
select distinct on (r.model) r.model, r.schema_version, r.live_generation as generation
from read_models r
where r.live_generation is not null
order by r.model, r.schema_version desc;

-- Doctors' days are few among the facts, and `analytics.doctor_hours` would look through all of them. Built in place, once:
-- appends wait for it.
create index events_days on events (aggregate_id, sequence)
    where event_type in ('DayOpened', 'DayExtended', 'DayClosed');

-- From a time to a place in the log, by bisection: what was recorded from then on has this position or a later one.
create function analytics.position_at(moment timestamptz) returns bigint
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    low    bigint := 1;
    high   bigint;
    middle bigint;
begin
    select coalesce(max(e.position), 0) + 1 into high from public.events e;
    while low < high loop
        middle := (low + high) / 2;
        if (select e.recorded_at from public.events e where e.position = middle) < moment then
            low := middle + 1;
        else
            high := middle;
        end if;
    end loop;
    return low;
end $$;
revoke all on function analytics.position_at(timestamptz) from public;
comment on function analytics.position_at(timestamptz) is
    'The first position of the log recorded at this time or later. Use it to bound positions: '
    'where position >= analytics.position_at(''2026-11-01T00:00:00Z'') reads an index instead of the whole ledger.';

create view analytics.settings with (security_barrier) as
select 1 as version, s.zone from analytics_private.settings s;
comment on view analytics.settings is 'One row: what holds for every view of the schema.';
comment on column analytics.settings.version is 'Version of the schema analytics.';
comment on column analytics.settings.zone is 'The IANA zone of every …_date and month, unless a comment says otherwise.';
