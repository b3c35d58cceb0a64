-- Medians of a year, and who came back, without looking at each booking: seconds stand by month in steps of a few seconds, so that
-- counting the steps finds the one that holds the median, and only the seconds in that one are put in order; patients are counted by
-- the day of their first payment. Both are exact, and are brought up to date in the transaction that sums the day (0072).

-- Seconds of a whole month, made from its days. Steps are a number of seconds long that the measure has (booking_wait_step).
create table booking_month_waits (
    month date not null,
    measure text not null check (measure in ('to_payment', 'to_doctor', 'to_arrival', 'payment_to_arrival')),
    -- The call type, or the local hour of the payment; nothing where all are urgent calls.
    part text not null,
    step int not null,
    -- How many they are: to count them opens no array.
    bookings int not null,
    seconds int[] not null,
    primary key (month, measure, part, step)
);

-- Urgent calls by the local hour of their payment.
create table booking_day_hours (
    day date not null,
    hour int not null,
    paid bigint not null,
    arrived bigint not null,
    gave_up bigint not null,
    primary key (day, hour)
);

-- Which months each patient has paid bookings of, and when the first was paid; of each call type, and of any. What was counted of a
-- patient is known from here, so that it can be taken back.
create table booking_patient_months (
    patient_id uuid not null,
    call_type text not null,
    first_date date not null,
    -- Years times twelve and months.
    months int[] not null,
    primary key (patient_id, call_type)
);

create table booking_cohorts (
    first_date date not null,
    call_type text not null,
    month int not null,
    patients bigint not null,
    primary key (first_date, call_type, month)
);

-- Bookings of which facts are set aside: what is freed is written behind the position up to which facts are summed.
create table booking_days_parked (
    partition_key text primary key
);

-- So many that a step of a month holds few bookings, and a month has few steps.
create function booking_wait_step(of_measure text) returns int language sql immutable as
    $$ select case of_measure when 'payment_to_arrival' then 256 else 16 end $$;

-- The seconds of each booking requested in these days.
create function booking_wait_seconds(of_measure text, first_day date, last_day date)
returns table (day date, part text, seconds int) language sql stable as $$
    select d.day, d.call_type, w.seconds
    from booking_day_waits d
    cross join lateral unnest(d.to_payment) as w (seconds)
    where of_measure = 'to_payment' and d.day between first_day and last_day and w.seconds is not null
    union all
    select d.day, '', w.seconds
    from booking_day_waits d
    cross join lateral unnest(case of_measure when 'to_doctor' then d.to_doctor else d.to_arrival end) as w (seconds)
    where of_measure in ('to_doctor', 'to_arrival') and d.call_type = 'urgent' and d.day between first_day and last_day
      and w.seconds is not null
    union all
    select d.day, w.hour::text, w.seconds
    from booking_day_waits d
    cross join lateral unnest(d.paid_hour, d.payment_to_arrival) as w (hour, seconds)
    where of_measure = 'payment_to_arrival' and d.call_type = 'urgent' and d.day between first_day and last_day
      and w.hour is not null and w.seconds is not null
$$;

-- Medians and nine-tenths as percentile_disc has them, of each part and, if wanted, each month: whole months from their steps, other days
-- from themselves. Without months each row has the first day as its month.
create function booking_waits(of_measure text, first_day date, last_day date, by_month boolean)
returns table (month date, part text, bookings bigint, median_seconds int, p90_seconds int) language sql stable as $$
    with steps as materialized (
        select case when by_month then m.month else first_day end as month, m.part, m.step, m.bookings::bigint as bookings, m.seconds
        from booking_month_waits m
        where m.measure = of_measure and m.month >= first_day and m.month + interval '1 month' <= last_day + 1
        union all
        select case when by_month then date_trunc('month', d.day::timestamp)::date else first_day end, d.part,
               d.seconds / booking_wait_step(of_measure), count(*), array_agg(d.seconds)
        from (
            -- The days before the first whole month, and those after the last.
            select s.* from booking_wait_seconds(
                of_measure, first_day,
                least(last_day, (date_trunc('month', first_day + interval '1 month' - interval '1 day')::date - 1))) s
            union all
            select s.* from booking_wait_seconds(
                of_measure,
                greatest(date_trunc('month', (last_day + 1)::timestamp)::date,
                         date_trunc('month', first_day + interval '1 month' - interval '1 day')::date),
                last_day) s
        ) d
        group by 1, 2, 3
    ), places as (
        select s.month, s.part, s.step, sum(s.bookings) as bookings,
               sum(sum(s.bookings)) over (partition by s.month, s.part order by s.step) as upto,
               sum(sum(s.bookings)) over (partition by s.month, s.part) as total
        from steps s
        group by s.month, s.part, s.step
    ), wanted as (
        select p.month, p.part, p.step, p.total, f.fraction, ceil(f.fraction * p.total::float8) - (p.upto - p.bookings)::float8 as place
        from places p
        cross join (values (0.5::float8), (0.9::float8)) as f (fraction)
        where ceil(f.fraction * p.total::float8) > (p.upto - p.bookings)::float8
          and ceil(f.fraction * p.total::float8) <= p.upto::float8
    ), within as (
        select w.month, w.part, w.total, w.fraction, w.place, s.seconds,
               row_number() over (partition by w.month, w.part, w.fraction order by s.seconds) as place_within
        from wanted w
        join steps b on b.month = w.month and b.part = w.part and b.step = w.step
        cross join lateral unnest(b.seconds) as s (seconds)
    )
    select i.month, i.part, i.total::bigint,
           max(i.seconds) filter (where i.fraction = 0.5::float8), max(i.seconds) filter (where i.fraction = 0.9::float8)
    from within i
    where i.place_within = i.place
    group by i.month, i.part, i.total
$$;

create function sum_booking_month(one date) returns void
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    of_measure text;
begin
    delete from booking_month_waits m where m.month = one;
    foreach of_measure in array array['to_payment', 'to_doctor', 'to_arrival', 'payment_to_arrival'] loop
        insert into booking_month_waits (month, measure, part, step, bookings, seconds)
        select one, of_measure, s.part, s.seconds / booking_wait_step(of_measure), count(*), array_agg(s.seconds)
        from booking_wait_seconds(of_measure, one, (one + interval '1 month')::date - 1) s
        group by s.part, 4;
    end loop;
end $$;

-- The patients of a day's bookings, counted anew by all they ever paid for: what was counted of them before is taken back.
create function sum_booking_patients(one date, local_zone text, of_generation int) returns void
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    with patients as materialized (
        select distinct b.patient_id
        from bookings b
        where b.generation = of_generation and b.requested_at >= one::timestamp at time zone local_zone
          and b.requested_at < (one + 1)::timestamp at time zone local_zone
    ), present as (
        select p.patient_id, coalesce(paid.call_type, 'any') as call_type, min(paid.secured_date) as first_date,
               array_agg(distinct extract(year from paid.secured_date)::int * 12 + extract(month from paid.secured_date)::int) as months
        from patients p
        cross join lateral (
            select b.call_type, (b.secured_at at time zone local_zone)::date as secured_date
            from bookings b
            where b.generation = of_generation and b.patient_id = p.patient_id and b.secured_at is not null
        ) paid
        group by grouping sets ((p.patient_id, paid.call_type), (p.patient_id))
    ), changed as materialized (
        select patient_id, call_type, n.first_date, n.months, k.first_date as first_before, k.months as months_before
        from present n
        full join (select b.* from booking_patient_months b join patients p on p.patient_id = b.patient_id) k
             using (patient_id, call_type)
        where (n.first_date, n.months) is distinct from (k.first_date, k.months)
    ), kept as (
        insert into booking_patient_months as m (patient_id, call_type, first_date, months)
        select c.patient_id, c.call_type, c.first_date, c.months from changed c where c.first_date is not null
        on conflict (patient_id, call_type) do update set first_date = excluded.first_date, months = excluded.months
    ), gone as (
        delete from booking_patient_months m using changed c
        where c.first_date is null and m.patient_id = c.patient_id and m.call_type = c.call_type
    )
    insert into booking_cohorts as s (first_date, call_type, month, patients)
    select d.first_date, d.call_type, d.month, sum(d.patients)
    from (
        select c.first_date, c.call_type, unnest(c.months) as month, 1 as patients from changed c where c.first_date is not null
        union all
        select c.first_before, c.call_type, unnest(c.months_before), -1 from changed c where c.first_before is not null
    ) d
    group by 1, 2, 3
    having sum(d.patients) <> 0
    on conflict (first_date, call_type, month) do update set patients = s.patients + excluded.patients;
end $$;

create function sum_booking_hours(one date) returns void
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    delete from booking_day_hours h where h.day = one;
    insert into booking_day_hours (day, hour, paid, arrived, gave_up)
    select one, w.hour, count(*), count(w.seconds), count(*) filter (where w.gave_up)
    from booking_day_waits d
    cross join lateral unnest(d.paid_hour, d.payment_to_arrival, d.gave_up) as w (hour, seconds, gave_up)
    where d.day = one and d.call_type = 'urgent' and w.hour is not null
    group by w.hour;
end $$;

-- As in 0072, and with what stands above.
create or replace function sum_booking_days(days_max int) returns int
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    known booking_days_state;
    live_generation int;
    local_zone text;
    shown bigint;
    since timestamptz;
    month date;
    one date;
    summed date[] := '{}';
begin
    if not pg_try_advisory_xact_lock(hashtextextended('booking_days', 0)) then
        return 0;
    end if;
    select s.* into known from booking_days_state s;
    select f.generation, f.shown_position into live_generation, shown from analytics.freshness f where f.model = 'bookings';
    if live_generation is null or shown < known.least_facts then
        return 0;
    end if;
    select z.zone into local_zone from platform_zone z;
    select coalesce((select e.recorded_at from events e where e.position = known.position + 1), clock_timestamp()) into since;
    month := date_trunc('month', clock_timestamp() at time zone local_zone + interval '6 hours')::date;
    if (known.generation, known.zone) is distinct from (live_generation, local_zone) then
        perform forget_booking_days();
        insert into booking_days_waiting
        select distinct (b.requested_at at time zone local_zone)::date, since
        from bookings b where b.generation = live_generation;
    else
        insert into booking_days_waiting
        select distinct (b.requested_at at time zone local_zone)::date, since
        from (
            select e.aggregate_id from events e
            where e.position > known.position and e.position <= shown and e.aggregate_type = 'booking'
            union all
            select k.partition_key from booking_days_parked k
            where not exists (select from parked p where p.consumer = 'bookings' and p.generation = live_generation
                                                     and p.partition_key = k.partition_key)
        ) changed
        join bookings b on b.generation = live_generation and b.booking_id = changed.aggregate_id::uuid
        on conflict do nothing;
        if known.open_month is distinct from month then
            insert into booking_days_waiting
            select distinct (b.requested_at at time zone local_zone)::date, since
            from bookings b
            where b.generation = live_generation and b.status in ('pending', 'assigned', 'en_route', 'arrived', 'in_progress')
            on conflict do nothing;
        end if;
    end if;
    delete from booking_days_parked k
    where not exists (select from parked p where p.consumer = 'bookings' and p.generation = live_generation
                                             and p.partition_key = k.partition_key);
    insert into booking_days_parked
    select p.partition_key from parked p where p.consumer = 'bookings' and p.generation = live_generation
    on conflict do nothing;
    update booking_days_state s
    set generation = live_generation, zone = local_zone, position = shown, open_month = month
    where (s.generation, s.zone, s.position, s.open_month) is distinct from (live_generation, local_zone, shown, month);
    for one in select w.day from booking_days_waiting w order by w.day desc limit days_max loop
        perform sum_booking_day(one, local_zone);
        perform sum_booking_hours(one);
        perform sum_booking_patients(one, local_zone, live_generation);
        delete from booking_days_waiting w where w.day = one;
        summed := summed || one;
    end loop;
    for one in select distinct date_trunc('month', d.day::timestamp)::date from unnest(summed) as d (day) loop
        perform sum_booking_month(one);
    end loop;
    update booking_days_state set complete = true
    where not complete and not exists (select from booking_days_waiting);
    return cardinality(summed);
end $$;

-- Deleted, not truncated: whoever reads at this moment still sees them.
create function forget_booking_days() returns void
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    delete from booking_days_waiting;
    delete from booking_days;
    delete from booking_day_visits;
    delete from booking_day_statuses;
    delete from booking_day_assignments;
    delete from booking_day_moments;
    delete from booking_day_waits;
    delete from booking_day_hours;
    delete from booking_month_waits;
    delete from booking_patient_months;
    delete from booking_cohorts;
    delete from booking_days_parked;
    update booking_days_state set complete = false;
end $$;
revoke all on function forget_booking_days(), sum_booking_month(date), sum_booking_hours(date), sum_booking_patients(date, text, int)
    from public;

-- What was summed so far has no months and no patients: it is summed again.
update booking_days_state set generation = null, complete = false;
