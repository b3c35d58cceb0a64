-- Money, doctors' hours and districts summed for reports, as bookings are (0072): behind the workers, by day, a day to which something
-- happened anew as a whole. What happened is found by the positions since; how long a log must be for it stands in booking_days_state.
--
-- Readable for whoever serves; analysts have the views, which are always up to date.

create table report_sums_state (
    only_row boolean primary key default true check (only_row),
    -- What is summed: rows of these generations, in the order of report_generations, days of this zone; null before the first time.
    generations int[],
    zone text,
    -- Every fact up to here is in the sums, or what it is about waits.
    position bigint not null default 0
);
insert into report_sums_state default values;

-- What is summed: payments by the day they began, earnings by the day they were earned, doctors' days, districts by month.
create table report_sums (
    kind text primary key check (kind in ('payments', 'earnings', 'doctors', 'districts')),
    -- Whether everything of this kind has been summed.
    complete boolean not null default false
);
insert into report_sums (kind) values ('payments'), ('earnings'), ('doctors'), ('districts');

create table report_sums_waiting (
    kind text not null references report_sums,
    -- A month by its first day.
    day date not null,
    -- Of doctors' days.
    doctor_id uuid,
    -- Everything recorded before is in its sums.
    since timestamptz not null,
    unique nulls not distinct (kind, day, doctor_id)
);

-- Keys of which facts are set aside: what is freed is written behind the position up to which facts are summed.
create table report_sums_parked (
    partition_key text primary key,
    shard smallint not null,
    from_position bigint not null
);

-- The zone that a doctor's days were summed in: a profile leaves no fact.
create table report_doctor_zones (
    doctor_id uuid primary key,
    zone text not null
);

-- Of payments for bookings, by the day they began, and by the day the money was taken. Kopecks; null where no fee is known.
create table payment_days (
    day date not null,
    captured_date date not null,
    method text not null,
    provider text,
    captured bigint not null,
    refunded bigint not null,
    known_fees bigint,
    net bigint,
    before_unknown_fees bigint not null
);
create index payment_days_by_day on payment_days (day);

create table payment_day_failures (
    day date not null,
    method text not null,
    failure_code text,
    failed bigint not null,
    paid_after_all bigint not null
);
create index payment_day_failures_by_day on payment_day_failures (day);

-- Refunds that succeeded, of payments that began on the day; how many took how many seconds, so that medians are exact.
create table payment_day_refunds (
    day date not null,
    requested_date date not null,
    reason text,
    requested_by_role text,
    method text not null,
    seconds int,
    refunds bigint not null,
    amount bigint not null
);
create index payment_day_refunds_by_day on payment_day_refunds (day);

-- A booking earns once. Null where an account has no line.
create table earning_days (
    day date not null,
    clinic_id uuid,
    doctor_id uuid,
    bookings bigint not null,
    doctors_share bigint,
    commission bigint
);
create index earning_days_by_day on earning_days (day);

-- As analytics.doctor_hours, which reads all of them whatever is asked.
create table doctor_days (
    doctor_id uuid not null,
    day date not null,
    opened_seconds int not null,
    blocked_seconds int not null,
    booked_seconds int not null,
    urgent_seconds int not null,
    primary key (doctor_id, day)
);

-- As analytics.districts. It holds no patients: what is erased in the vault is nowhere else.
create table district_months (
    month date not null,
    south numeric(5, 2),
    west numeric(5, 2),
    patients bigint not null,
    bookings bigint not null,
    urgent_bookings bigint not null,
    completed_bookings bigint not null
);
create index district_months_by_month on district_months (month);

-- A day's earnings are few among the lines of the ledger. Built in place, once: the ledger's workers wait for it.
insert into model_indexes (table_name, index_name, definition)
values ('payment_ledger', 'payment_ledger_earned', $$USING btree (at) WHERE (kind = 'earned'::text)$$);
select index_generation(g.model, g.generation) from generations g where g.model = 'payment_ledger';

-- The generations that readers see; nothing while one of the models has none. A view, which reads with its owner's rights.
create view report_generations as
select case when bool_and(l.generation is not null) then array_agg(l.generation order by m.place) end as generations
from unnest(array['bookings', 'payment_ledger', 'provider_payments', 'open_slots']) with ordinality as m (model, place)
left join analytics_private.live l on l.model = m.model;

create function sum_payment_day(one date, local_zone text) returns void
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    low timestamptz := one::timestamp at time zone local_zone;
    high timestamptz := (one + 1)::timestamp at time zone local_zone;
    ids uuid[];
begin
    delete from payment_days d where d.day = one;
    delete from payment_day_failures d where d.day = one;
    delete from payment_day_refunds d where d.day = one;
    insert into payment_days
    select one, p.captured_date, p.method, p.provider, (sum(p.captured) * 100)::bigint, (sum(p.refunded) * 100)::bigint,
           (sum(p.provider_fee) * 100)::bigint, (sum(p.net) * 100)::bigint,
           (coalesce(sum(p.captured - p.refunded) filter (where p.provider_fee is null), 0) * 100)::bigint
    from analytics.payments p
    where p.purpose = 'booking' and p.captured_at is not null and p.started_at >= low and p.started_at < high
    group by 2, 3, 4;
    select array_agg(p.booking_id) into ids
    from analytics.payments p
    where p.status = 'failed' and p.started_at >= low and p.started_at < high;
    insert into payment_day_failures
    select one, p.method, p.failure_code, count(*), count(b.secured_at)
    from analytics.payments p
    join (select b.booking_id, b.secured_at from analytics.bookings b where b.booking_id = any (ids)) b on b.booking_id = p.booking_id
    where p.status = 'failed' and p.started_at >= low and p.started_at < high
    group by 2, 3;
    select array_agg(p.payment_id) into ids
    from payment_ledger__payments p
    where p.generation = (select l.generation from analytics_private.live l where l.model = 'payment_ledger')
      and p.refunds is not null and p.started_at >= low and p.started_at < high;
    insert into payment_day_refunds
    select one, r.requested_date, r.reason, r.requested_by_role, r.method, extract(epoch from r.ended_at - r.requested_at)::int,
           count(*), (sum(r.amount) * 100)::bigint
    from analytics.refunds r
    where r.payment_id = any (ids) and r.stage = 'succeeded'
    group by 2, 3, 4, 5, 6;
end $$;

create function sum_earning_day(one date, local_zone text, of_bookings int, of_ledger int) returns void
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    delete from earning_days d where d.day = one;
    insert into earning_days
    select one, b.clinic_id, b.doctor_id, count(distinct l.booking_id),
           -sum(l.amount) filter (where l.account = 'doctor_payable'), -sum(l.amount) filter (where l.account = 'commission')
    from payment_ledger l
    join bookings b on b.generation = of_bookings and b.booking_id = l.booking_id
    where l.generation = of_ledger and l.kind = 'earned' and l.at >= one::timestamp at time zone local_zone
      and l.at < (one + 1)::timestamp at time zone local_zone
    group by b.clinic_id, b.doctor_id;
end $$;

create function sum_district_month(one date, local_zone text, of_bookings int) returns void
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    delete from district_months d where d.month = one;
    insert into district_months
    with calls as materialized (
        select floor(place.latitude / 0.05) * 0.05 as south, floor(place.longitude / 0.1) * 0.1 as west,
               b.patient_id, b.call_type, b.status
        from bookings b
        left join identity.vault v on v.id = b.details_id
        cross join lateral (
            select case when v.body ->> 'latitude' ~ '^-?\d{1,2}(\.\d+)?$' then (v.body ->> 'latitude')::numeric end as latitude,
                   case when v.body ->> 'longitude' ~ '^-?\d{1,3}(\.\d+)?$' then (v.body ->> 'longitude')::numeric end as longitude
        ) place
        where b.generation = of_bookings and b.call_type <> 'consultation'
          and b.requested_at >= one::timestamp at time zone local_zone
          and b.requested_at < (one + interval '1 month') at time zone local_zone
    ), large as (
        select c.south, c.west from calls c
        where c.south is not null and c.west is not null
        group by 1, 2
        having count(distinct c.patient_id) >= 5
    )
    select one, a.south, a.west, count(distinct c.patient_id), count(*), count(*) filter (where c.call_type = 'urgent'),
           count(*) filter (where c.status = 'completed')
    from calls c
    left join large a on a.south = c.south and a.west = c.west
    group by a.south, a.west;
end $$;

-- These days of these doctors.
create function sum_doctor_days(doctors uuid[], days date[], of_bookings int, of_slots int) returns void
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    delete from doctor_days d using unnest(doctors, days) as a (doctor_id, day) where d.doctor_id = a.doctor_id and d.day = a.day;
    insert into doctor_days
    select asked.doctor_id, asked.day,
           floor(coalesce((select sum(extract(epoch from upper(r) - lower(r))) from unnest(opened.working) r), 0))::int,
           floor(coalesce((
               -- A block may cover more than the working hours, and blocks may overlap.
               select sum(extract(epoch from upper(r) - lower(r))) from unnest(opened.working * (
                   select range_agg(tstzrange(k.starts_at, k.ends_at)) from open_slots__blocks k
                   where k.generation = of_slots and k.standing and k.doctor_id = asked.doctor_id
                     and k.starts_at < opened.until_at and k.ends_at > opened.from_at
               )) r), 0))::int,
           floor(coalesce(visits.booked_seconds, 0))::int, floor(coalesce(visits.urgent_seconds, 0))::int
    from unnest(doctors, days) as asked (doctor_id, day)
    join identity.doctor_profiles d on d.doctor_id = asked.doctor_id
    left join lateral (
        select (last.body -> 'bounds' ->> 'start')::timestamptz as from_at, (last.body -> 'bounds' ->> 'end')::timestamptz as until_at,
               coalesce((select range_agg(tstzrange((w.value ->> 'start')::timestamptz, (w.value ->> 'end')::timestamptz))
                         from json_array_elements(last.body -> 'working') w), '{}'::tstzmultirange) as working
        from (
            select e.event_type, e.payload -> e.event_type as body from events e
            where e.aggregate_type = 'doctor_day' and e.event_type in ('DayOpened', 'DayExtended', 'DayClosed')
              and e.aggregate_id = asked.doctor_id::text || '_' || to_char(asked.day, 'YYYY-MM-DD')
            order by e.sequence desc limit 1
        ) last
        where last.event_type <> 'DayClosed'
    ) opened on true
    left join lateral (
        select count(*) as booked, sum(extract(epoch from b.ends_at - b.starts_at)) as booked_seconds,
               sum(extract(epoch from b.ends_at - b.starts_at)) filter (where b.call_type = 'urgent') as urgent_seconds
        from bookings b
        where b.generation = of_bookings and b.doctor_id = asked.doctor_id
          -- Wide enough for any zone; the doctor's decides.
          and b.starts_at >= (asked.day - 1)::timestamp at time zone 'UTC' and b.starts_at < (asked.day + 2)::timestamp at time zone 'UTC'
          and (b.starts_at at time zone d.zone)::date = asked.day
          and b.assigned and b.status in ('assigned', 'en_route', 'arrived', 'in_progress', 'completed', 'no_show', 'missed')
    ) visits on true
    where opened.working is not null or visits.booked > 0;
end $$;
