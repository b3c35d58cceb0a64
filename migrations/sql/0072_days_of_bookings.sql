-- Bookings summed by the day of their request, for reports over a log so long that counting anew takes seconds: what happened to each
-- stands in the log, and a look into it for each booking is the cost. Summed behind the workers; a day to whose bookings something
-- happened is summed again, as a whole. Nothing is written with a batch of facts for it.
--
-- Readable for whoever serves; analysts have the views, which are always up to date.

create table booking_days_state (
    only_row boolean primary key default true check (only_row),
    -- A shorter log is quickly counted: nothing is summed, and nobody is shown sums.
    least_facts bigint not null default 300000 check (least_facts >= 0),
    -- What is summed: rows of this generation, days of this zone; null before the first time.
    generation int,
    zone text,
    -- Every fact up to here is in the sums, or the day of its booking waits.
    position bigint not null default 0,
    -- The first month whose end has not come: at each end it is counted again what stands open.
    open_month date,
    -- Whether every day has been summed.
    complete boolean not null default false
);
insert into booking_days_state default values;

create table booking_days_waiting (
    day date primary key,
    -- Everything recorded before is in its sums.
    since timestamptz not null
);

create table booking_days (
    day date not null,
    call_type text not null,
    status text not null,
    cancelled_by_role text,
    cancel_reason text,
    -- Of a visit at a chosen time: how long before it was requested.
    ahead text,
    bookings bigint not null,
    fees bigint,
    paid bigint not null,
    assigned bigint not null,
    arrived bigint not null,
    completed bigint not null
);
create index booking_days_by_day on booking_days (day);

-- By what the doctor's profile says when the day is summed.
create table booking_day_visits (
    day date not null,
    call_type text not null,
    speciality text,
    price_class text,
    -- Completed, or nobody was there.
    visits bigint not null,
    no_shows bigint not null,
    arrived bigint not null,
    late bigint not null
);
create index booking_day_visits_by_day on booking_day_visits (day);

-- Of completed bookings.
create table booking_day_statuses (
    day date not null,
    call_type text not null,
    status text not null,
    bookings bigint not null,
    seconds bigint not null,
    primary key (day, call_type, status)
);

create table booking_day_assignments (
    day date not null,
    call_type text not null,
    assignments bigint not null,
    bookings bigint not null,
    taken_off bigint not null,
    by_doctor bigint not null,
    moved_to_another bigint not null,
    primary key (day, call_type)
);

-- Open at 18:00 of the last day of a month.
create table booking_day_moments (
    day date not null,
    moment date not null,
    call_type text not null,
    status text not null,
    bookings bigint not null,
    primary key (day, moment, call_type, status)
);
create index booking_day_moments_by_moment on booking_day_moments (moment);

-- Seconds of each booking, so that medians are exact; a booking has the same place in every array, null where there was no such step.
create table booking_day_waits (
    day date not null,
    call_type text not null,
    to_payment int[] not null,
    to_doctor int[] not null,
    to_arrival int[] not null,
    -- The local hour of the payment.
    paid_hour int[] not null,
    payment_to_arrival int[] not null,
    gave_up boolean[] not null,
    primary key (day, call_type)
);

create function sum_booking_day(one date, local_zone text) returns void
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    low timestamptz := one::timestamp at time zone local_zone;
    high timestamptz := (one + 1)::timestamp at time zone local_zone;
begin
    delete from booking_days d where d.day = one;
    delete from booking_day_visits d where d.day = one;
    delete from booking_day_statuses d where d.day = one;
    delete from booking_day_assignments d where d.day = one;
    delete from booking_day_moments d where d.day = one;
    delete from booking_day_waits d where d.day = one;
    with of_day as materialized (
        select b.booking_id, b.call_type, b.status, b.doctor_id, b.fee, b.requested_at, b.starts_at, b.secured_at, b.first_assigned_at,
               b.arrived_at, b.completed_at, b.cancelled_by_role, b.cancel_reason
        from analytics.bookings b
        where b.requested_at >= low and b.requested_at < high
    ), steps as materialized (
        select t.booking_id, t.call_type, t.status, t.from_at, t.until_at, t.lasted_seconds
        from analytics.transitions t
        where t.requested_at >= low and t.requested_at < high
    ), days as (
        insert into booking_days
        select one, b.call_type, b.status, b.cancelled_by_role, b.cancel_reason,
               case
                   when b.call_type = 'urgent' then null
                   when b.starts_at - b.requested_at < interval '6 hours' then '1. below 6 hours'
                   when b.starts_at - b.requested_at < interval '1 day' then '2. below a day'
                   when b.starts_at - b.requested_at < interval '3 days' then '3. below 3 days'
                   else '4. 3 days and more'
               end,
               count(*), (sum(b.fee) * 100)::bigint, count(b.secured_at), count(b.first_assigned_at), count(b.arrived_at),
               count(b.completed_at)
        from of_day b
        group by 2, 3, 4, 5, 6
    ), visits as (
        insert into booking_day_visits
        select one, b.call_type, d.speciality, d.price_class,
               count(*) filter (where b.status in ('completed', 'no_show')),
               count(*) filter (where b.status = 'no_show'),
               count(b.arrived_at),
               count(*) filter (where b.arrived_at > b.starts_at + interval '10 minutes')
        from of_day b
        join analytics.dim_doctor d on d.doctor_id = b.doctor_id
        group by 2, 3, 4
    ), waits as (
        insert into booking_day_waits
        select one, b.call_type,
               array_agg(extract(epoch from b.secured_at - b.requested_at)::int order by b.booking_id),
               array_agg(extract(epoch from b.first_assigned_at - b.requested_at)::int order by b.booking_id),
               array_agg(extract(epoch from b.arrived_at - b.requested_at)::int order by b.booking_id),
               array_agg(extract(hour from b.secured_at at time zone local_zone)::int order by b.booking_id),
               array_agg(extract(epoch from b.arrived_at - b.secured_at)::int order by b.booking_id),
               array_agg(b.arrived_at is null and b.status in ('cancelled', 'expired') order by b.booking_id)
        from of_day b
        group by 2
    ), assigned as (
        insert into booking_day_assignments
        select one, a.call_type, count(*), count(distinct a.booking_id),
               count(*) filter (where a.ended_how = 'unassigned'),
               count(*) filter (where a.ended_how = 'unassigned' and a.ended_by_role = 'doctor'),
               count(*) filter (where a.ended_how = 'rescheduled')
        from analytics.assignments a
        where a.requested_at >= low and a.requested_at < high
        group by 2
    ), lasted as (
        insert into booking_day_statuses
        select one, t.call_type, t.status, count(distinct t.booking_id), sum(t.lasted_seconds)
        from steps t
        join of_day b on b.booking_id = t.booking_id
        where b.status = 'completed' and t.until_at is not null
        group by 2, 3
    )
    insert into booking_day_moments
    select one, (moment.at at time zone local_zone)::date, t.call_type, t.status, count(*)
    from steps t
    cross join lateral (
        select (month + interval '1 month' - interval '6 hours') at time zone local_zone as at
        from generate_series(date_trunc('month', one::timestamp), clock_timestamp() at time zone local_zone, '1 month') as month
    ) moment
    where t.status in ('pending', 'assigned', 'en_route', 'arrived', 'in_progress')
      and t.from_at <= moment.at and coalesce(t.until_at > moment.at, moment.at <= clock_timestamp())
    group by 2, 3, 4;
end $$;

-- Finds the days to whose bookings something happened, and sums some of those that wait, the latest first; answers how many.
create function sum_booking_days(days_max int) returns int
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    known booking_days_state;
    live_generation int;
    local_zone text;
    shown bigint;
    since timestamptz;
    month date;
    one date;
    summed int := 0;
begin
    if not pg_try_advisory_xact_lock(hashtextextended('booking_days', 0)) then
        return 0;
    end if;
    select s.* into known from booking_days_state s;
    select f.generation, f.shown_position into live_generation, shown from analytics.freshness f where f.model = 'bookings';
    if live_generation is null or shown < known.least_facts then
        return 0;
    end if;
    select z.zone into local_zone from analytics.settings z;
    select coalesce((select e.recorded_at from events e where e.position = known.position + 1), clock_timestamp()) into since;
    month := date_trunc('month', clock_timestamp() at time zone local_zone + interval '6 hours')::date;
    if (known.generation, known.zone) is distinct from (live_generation, local_zone) then
        -- Deleted, not truncated: whoever reads at this moment still sees them.
        delete from booking_days_waiting;
        delete from booking_days;
        delete from booking_day_visits;
        delete from booking_day_statuses;
        delete from booking_day_assignments;
        delete from booking_day_moments;
        delete from booking_day_waits;
        insert into booking_days_waiting
        select distinct (b.requested_at at time zone local_zone)::date, since
        from bookings b where b.generation = live_generation;
        update booking_days_state set complete = false;
    else
        insert into booking_days_waiting
        select distinct (b.requested_at at time zone local_zone)::date, since
        from events e
        join bookings b on b.generation = live_generation and b.booking_id = e.aggregate_id::uuid
        where e.position > known.position and e.position <= shown and e.aggregate_type = 'booking'
        on conflict do nothing;
        if known.open_month is distinct from month then
            insert into booking_days_waiting
            select distinct (b.requested_at at time zone local_zone)::date, since
            from bookings b
            where b.generation = live_generation and b.status in ('pending', 'assigned', 'en_route', 'arrived', 'in_progress')
            on conflict do nothing;
        end if;
    end if;
    update booking_days_state
    set generation = live_generation, zone = local_zone, position = shown, open_month = month;
    for one in select w.day from booking_days_waiting w order by w.day desc limit days_max loop
        perform sum_booking_day(one, local_zone);
        delete from booking_days_waiting w where w.day = one;
        summed := summed + 1;
    end loop;
    update booking_days_state set complete = true
    where not complete and not exists (select from booking_days_waiting);
    return summed;
end $$;
revoke all on function sum_booking_day(date, text), sum_booking_days(int) from public;

-- One row while the sums may be shown: everything recorded before is in them.
create view booking_days_shown as
select least((select min(w.since) from booking_days_waiting w),
             coalesce((select e.recorded_at from events e where e.position = s.position + 1), clock_timestamp())) as as_of_at
from booking_days_state s
where s.complete and s.position >= s.least_facts
  and (s.generation, s.zone) = (select l.generation, z.zone from analytics_private.live l cross join platform_zone z
                                where l.model = 'bookings');
