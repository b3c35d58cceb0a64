-- What keeps the sums of 0084 up to date.

-- The days of a doctor that a stretch of time touches, whatever zone the doctor has been in: each is summed for what it is.
create function report_days_of(doctor uuid, from_at timestamptz, until_at timestamptz) returns table (doctor_id uuid, day date)
language sql stable as $$
    select doctor, d::date
    from identity.doctor_profiles p
    cross join lateral generate_series((from_at at time zone p.zone)::date - 1, (until_at at time zone p.zone)::date + 1, '1 day') d
    where p.doctor_id = doctor
$$;

-- What happened behind one position up to another, and what was freed since, is about days that wait.
create function report_sums_wait(after bigint, upto bigint, generations int[], local_zone text, since timestamptz) returns void
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    with facts as materialized (
        select e.aggregate_type, e.aggregate_id, e.event_type, e.position
        from events e
        where e.position > after and e.position <= upto and e.aggregate_type in ('booking', 'payment', 'doctor_day')
        union all
        select e.aggregate_type, e.aggregate_id, e.event_type, e.position
        from report_sums_parked k
        join events e on e.shard = k.shard and e.position >= k.from_position and e.partition_key = k.partition_key
        where not exists (select from parked p where p.partition_key = k.partition_key)
          and e.position <= after and e.aggregate_type in ('booking', 'payment', 'doctor_day')
    ), of_bookings as materialized (
        select distinct f.aggregate_id from facts f where f.aggregate_type = 'booking'
    ), found as (
        select 'payments' as kind, (p.started_at at time zone local_zone)::date as day, null::uuid as doctor_id
        from facts f
        join payment_ledger__payments p on p.generation = generations[2] and p.payment_id = f.aggregate_id::uuid
        where f.aggregate_type = 'payment'
        union
        -- Whether the booking was paid after all.
        select 'payments', (p.started_at at time zone local_zone)::date, null
        from of_bookings f
        join payment_ledger__payments p on p.generation = generations[2] and p.booking_id = f.aggregate_id::uuid
        where p.status = 'failed'
        union
        select 'earnings', (l.at at time zone local_zone)::date, null
        from facts f
        join payment_ledger l on l.generation = generations[2] and l.position = f.position
        where f.event_type = 'BookingEarned'
        union
        select 'districts', date_trunc('month', b.requested_at at time zone local_zone)::date, null
        from of_bookings f
        join bookings b on b.generation = generations[1] and b.booking_id = f.aggregate_id::uuid
        union
        select 'doctors', split_part(f.aggregate_id, '_', 2)::date, split_part(f.aggregate_id, '_', 1)::uuid
        from facts f
        where f.event_type in ('DayOpened', 'DayExtended', 'DayClosed')
        union
        select 'doctors', d.day, d.doctor_id
        from facts f
        join events e on e.position = f.position
        join open_slots__blocks k on k.generation = generations[4] and k.doctor_id = split_part(f.aggregate_id, '_', 1)::uuid
                                 and k.block_id = (e.payload -> e.event_type ->> 'block_id')::uuid
        cross join lateral report_days_of(k.doctor_id, k.starts_at, k.ends_at) d
        where f.event_type in ('TimeBlocked', 'TimeUnblocked')
        union
        -- Wherever a booking has ever been, it is counted no longer or anew.
        select 'doctors', d.day, d.doctor_id
        from of_bookings f
        join events e on e.aggregate_type = 'booking' and e.aggregate_id = f.aggregate_id
                     and e.event_type in ('BookingRequested', 'BookingRevived', 'BookingAssigned', 'BookingRescheduled')
        cross join lateral (select e.payload -> e.event_type as body) fact
        cross join lateral (values (fact.body -> 'appointment'), (fact.body -> 'from'), (fact.body -> 'to')) as a (appointment)
        cross join lateral report_days_of((a.appointment ->> 'doctor_id')::uuid, (a.appointment -> 'visit' ->> 'start')::timestamptz,
                                          (a.appointment -> 'visit' ->> 'start')::timestamptz) d
        where a.appointment ->> 'doctor_id' is not null
    )
    insert into report_sums_waiting (kind, day, doctor_id, since)
    select f.kind, f.day, f.doctor_id, since from found f
    on conflict do nothing;
end $$;

-- Everything waits: nothing has been summed, or it was of other generations or another zone.
create function report_sums_begin(generations int[], local_zone text, since timestamptz) returns void
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    -- Deleted, not truncated: whoever reads at this moment still sees them.
    delete from report_sums_waiting;
    delete from report_sums_parked;
    delete from report_doctor_zones;
    delete from payment_days;
    delete from payment_day_failures;
    delete from payment_day_refunds;
    delete from earning_days;
    delete from doctor_days;
    delete from district_months;
    update report_sums set complete = false;
    insert into report_sums_waiting (kind, day, doctor_id, since)
    select 'payments', (p.started_at at time zone local_zone)::date, null::uuid, since
    from payment_ledger__payments p where p.generation = generations[2]
    union
    select 'earnings', (l.at at time zone local_zone)::date, null, since
    from payment_ledger l where l.generation = generations[2] and l.kind = 'earned'
    union
    select 'districts', date_trunc('month', b.requested_at at time zone local_zone)::date, null, since
    from bookings b where b.generation = generations[1]
    union
    select 'doctors', split_part(e.aggregate_id, '_', 2)::date, split_part(e.aggregate_id, '_', 1)::uuid, since
    from events e
    where e.aggregate_type = 'doctor_day' and e.event_type in ('DayOpened', 'DayExtended', 'DayClosed')
    union
    select 'doctors', (b.starts_at at time zone d.zone)::date, b.doctor_id, since
    from bookings b
    join identity.doctor_profiles d on d.doctor_id = b.doctor_id
    where b.generation = generations[1] and b.assigned and b.starts_at is not null;
    insert into report_doctor_zones select d.doctor_id, d.zone from identity.doctor_profiles d;
end $$;

-- A doctor in another zone has other days.
create function report_zones_changed(of_bookings int, since timestamptz) returns void
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    moved uuid[];
begin
    select array_agg(d.doctor_id) into moved
    from identity.doctor_profiles d
    left join report_doctor_zones z on z.doctor_id = d.doctor_id
    where z.zone is distinct from d.zone;
    if moved is null then
        return;
    end if;
    insert into report_sums_waiting (kind, day, doctor_id, since)
    select 'doctors', d.day, d.doctor_id, since from doctor_days d where d.doctor_id = any (moved)
    union
    select 'doctors', d.day, d.doctor_id, since
    from bookings b
    cross join lateral report_days_of(b.doctor_id, b.starts_at, b.starts_at) d
    where b.generation = of_bookings and b.doctor_id = any (moved) and b.starts_at is not null
    union
    -- Days that were opened before there was a profile.
    select 'doctors', split_part(e.aggregate_id, '_', 2)::date, split_part(e.aggregate_id, '_', 1)::uuid, since
    from events e
    where e.aggregate_type = 'doctor_day' and e.event_type in ('DayOpened', 'DayExtended', 'DayClosed')
      and split_part(e.aggregate_id, '_', 1)::uuid = any (moved)
    on conflict do nothing;
    insert into report_doctor_zones as z select d.doctor_id, d.zone from identity.doctor_profiles d where d.doctor_id = any (moved)
    on conflict (doctor_id) do update set zone = excluded.zone;
end $$;

-- Finds what has changed, and sums some of what waits, the latest first: so many days of payments and of earnings, a month of
-- districts for each of them, and a hundred doctors' days for each. Answers how many.
create function sum_report_days(days_max int) returns int
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    known report_sums_state;
    live int[];
    local_zone text;
    shown bigint;
    since timestamptz;
    waiting record;
    doctors uuid[];
    days date[];
    summed int := 0;
begin
    if not pg_try_advisory_xact_lock(hashtextextended('report_sums', 0)) then
        return 0;
    end if;
    select s.* into known from report_sums_state s;
    select g.generations into live from report_generations g;
    select min(f.shown_position) into shown from analytics.freshness f
    where f.model in ('bookings', 'payment_ledger', 'provider_payments', 'open_slots');
    if live is null or shown < (select s.least_facts from booking_days_state s) then
        return 0;
    end if;
    select z.zone into local_zone from platform_zone z;
    select coalesce((select e.recorded_at from events e where e.position = known.position + 1), clock_timestamp()) into since;
    if (known.generations, known.zone) is distinct from (live, local_zone) then
        perform report_sums_begin(live, local_zone, since);
    else
        if shown > known.position or exists (select from report_sums_parked) then
            perform report_sums_wait(known.position, shown, live, local_zone, since);
        end if;
        perform report_zones_changed(live[1], since);
    end if;
    delete from report_sums_parked k where not exists (select from parked p where p.partition_key = k.partition_key);
    insert into report_sums_parked as k (partition_key, shard, from_position)
    select p.partition_key, min(p.shard), min(p.from_position) from parked p
    where p.consumer in ('bookings', 'payment_ledger', 'provider_payments', 'open_slots')
    group by p.partition_key
    on conflict (partition_key) do update set from_position = excluded.from_position where k.from_position > excluded.from_position;
    update report_sums_state s set generations = live, zone = local_zone, position = shown
    where (s.generations, s.zone, s.position) is distinct from (live, local_zone, shown);

    for waiting in
        select w.kind, w.day from report_sums k
        cross join lateral (
            select o.kind, o.day from report_sums_waiting o where o.kind = k.kind
            order by o.day desc limit days_max
        ) w
        where k.kind <> 'doctors'
    loop
        case waiting.kind
            when 'payments' then perform sum_payment_day(waiting.day, local_zone);
            when 'earnings' then perform sum_earning_day(waiting.day, local_zone, live[1], live[2]);
            when 'districts' then perform sum_district_month(waiting.day, local_zone, live[1]);
        end case;
        delete from report_sums_waiting w where w.kind = waiting.kind and w.day = waiting.day;
        summed := summed + 1;
    end loop;
    with taken as (
        delete from report_sums_waiting w using (
            select o.day, o.doctor_id from report_sums_waiting o
            where o.kind = 'doctors' order by o.day desc, o.doctor_id limit days_max * 100
        ) o
        where w.kind = 'doctors' and w.day = o.day and w.doctor_id = o.doctor_id
        returning w.doctor_id, w.day
    )
    select array_agg(t.doctor_id), array_agg(t.day) into doctors, days from taken t;
    if doctors is not null then
        perform sum_doctor_days(doctors, days, live[1], live[4]);
        summed := summed + cardinality(doctors);
    end if;
    update report_sums k set complete = true
    where not k.complete and not exists (select from report_sums_waiting w where w.kind = k.kind);
    return summed;
end $$;
revoke all on function sum_report_days(int), report_sums_begin(int[], text, timestamptz), report_zones_changed(int, timestamptz),
    report_sums_wait(bigint, bigint, int[], text, timestamptz), sum_payment_day(date, text), sum_earning_day(date, text, int, int),
    sum_district_month(date, text, int), sum_doctor_days(uuid[], date[], int, int) from public;

-- A row for each kind of sums that may be shown: everything recorded before is in them. Those of bookings are 0072's.
create view report_sums_shown as
select k.kind,
       least((select min(w.since) from report_sums_waiting w where w.kind = k.kind),
             coalesce((select e.recorded_at from events e where e.position = s.position + 1), clock_timestamp())) as as_of_at
from report_sums k
cross join report_sums_state s
where k.complete and s.position >= (select b.least_facts from booking_days_state b)
  and (s.generations, s.zone) = (select g.generations, z.zone from report_generations g cross join platform_zone z)
union all
select 'bookings', b.as_of_at from booking_days_shown b;
