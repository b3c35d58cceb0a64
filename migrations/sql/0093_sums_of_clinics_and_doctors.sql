-- The sums of bookings (0072, 0083) by clinic and by doctor as well: a clinic's year may be most of the log, and a doctor's is a look into
-- the log for each of some thousand bookings.
--
-- A row without a clinic and a doctor is of all bookings; one of a clinic alone, of that clinic's; one of a doctor, of those of the
-- doctor's bookings that are that clinic's, or no clinic's. Each booking has one clinic, so rows of a doctor may be added up.

alter table booking_days add column clinic_id uuid, add column doctor_id uuid;
create index booking_days_by_doctor on booking_days (doctor_id, clinic_id, day);

alter table booking_day_visits add column clinic_id uuid, add column doctor_id uuid;
create index booking_day_visits_by_doctor on booking_day_visits (doctor_id, clinic_id, day);

alter table booking_day_statuses add column clinic_id uuid, add column doctor_id uuid, drop constraint booking_day_statuses_pkey;
create index booking_day_statuses_by_day on booking_day_statuses (day);
create index booking_day_statuses_by_doctor on booking_day_statuses (doctor_id, clinic_id, day);

alter table booking_day_assignments add column clinic_id uuid, add column doctor_id uuid, drop constraint booking_day_assignments_pkey;
create index booking_day_assignments_by_day on booking_day_assignments (day);
create index booking_day_assignments_by_doctor on booking_day_assignments (doctor_id, clinic_id, day);

-- Not by doctor: what stands open is not asked of one.
alter table booking_day_moments add column clinic_id uuid, drop constraint booking_day_moments_pkey;
drop index booking_day_moments_by_moment;
create index booking_day_moments_by_day on booking_day_moments (day);
create index booking_day_moments_by_clinic on booking_day_moments (clinic_id, moment);

alter table booking_day_waits add column clinic_id uuid, add column doctor_id uuid, drop constraint booking_day_waits_pkey;
create index booking_day_waits_by_day on booking_day_waits (day);
create unique index booking_day_waits_by_doctor on booking_day_waits (doctor_id, clinic_id, day, call_type) nulls not distinct;
-- Months are read one by one, of a doctor whatever the clinic.
create index booking_day_waits_of_doctor on booking_day_waits (doctor_id, day) where doctor_id is not null;

alter table booking_day_hours add column clinic_id uuid, add column doctor_id uuid, drop constraint booking_day_hours_pkey;
create index booking_day_hours_by_day on booking_day_hours (day);
create unique index booking_day_hours_by_doctor on booking_day_hours (doctor_id, clinic_id, day, hour) nulls not distinct;

-- Of a clinic only months of many bookings: fewer are put in order as quickly, and so are a doctor's.
alter table booking_days_state add column least_clinic_bookings bigint not null default 1000 check (least_clinic_bookings > 0);
alter table booking_month_waits add column clinic_id uuid, drop constraint booking_month_waits_pkey;
create index booking_month_waits_by_month on booking_month_waits (month);
create unique index booking_month_waits_by_clinic on booking_month_waits (clinic_id, month, measure, part, step) nulls not distinct;

-- A patient's bookings with one clinic, as if there were no other. Not by doctor: the views count a doctor's patients as quickly.
alter table booking_patient_months add column clinic_id uuid, drop constraint booking_patient_months_pkey;
create unique index booking_patient_months_once on booking_patient_months (patient_id, call_type, clinic_id) nulls not distinct;

alter table booking_cohorts add column clinic_id uuid, drop constraint booking_cohorts_pkey;
create unique index booking_cohorts_once on booking_cohorts (clinic_id, first_date, call_type, month) nulls not distinct;

-- As in 0072, and by clinic and doctor.
create or replace function sum_booking_day(one date, local_zone text) returns void
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
        select b.booking_id, b.clinic_id, b.doctor_id, b.call_type, b.status, b.fee, b.requested_at, b.starts_at, b.secured_at,
               b.first_assigned_at, b.arrived_at, b.completed_at, b.cancelled_by_role, b.cancel_reason,
               case
                   when b.call_type = 'urgent' then null
                   when b.starts_at - b.requested_at < interval '6 hours' then '1. below 6 hours'
                   when b.starts_at - b.requested_at < interval '1 day' then '2. below a day'
                   when b.starts_at - b.requested_at < interval '3 days' then '3. below 3 days'
                   else '4. 3 days and more'
               end as ahead
        from analytics.bookings b
        where b.requested_at >= low and b.requested_at < high
    ), steps as materialized (
        select t.booking_id, t.clinic_id, t.call_type, t.status, t.from_at, t.until_at, t.lasted_seconds
        from analytics.transitions t
        where t.requested_at >= low and t.requested_at < high
    ), days as (
        insert into booking_days (day, clinic_id, doctor_id, call_type, status, cancelled_by_role, cancel_reason, ahead, bookings, fees,
                                  paid, assigned, arrived, completed)
        select one, b.clinic_id, b.doctor_id, b.call_type, b.status, b.cancelled_by_role, b.cancel_reason, b.ahead, count(*),
               (sum(b.fee) * 100)::bigint, count(b.secured_at), count(b.first_assigned_at), count(b.arrived_at), count(b.completed_at)
        from of_day b
        group by b.call_type, b.status, b.cancelled_by_role, b.cancel_reason, b.ahead,
                 grouping sets ((), (b.clinic_id), (b.clinic_id, b.doctor_id))
        having grouping(b.clinic_id) = 1 or grouping(b.doctor_id) = 1 and b.clinic_id is not null or b.doctor_id is not null
    ), visits as (
        insert into booking_day_visits (day, clinic_id, doctor_id, call_type, speciality, price_class, visits, no_shows, arrived, late)
        select one, b.clinic_id, b.doctor_id, b.call_type, d.speciality, d.price_class,
               count(*) filter (where b.status in ('completed', 'no_show')),
               count(*) filter (where b.status = 'no_show'),
               count(b.arrived_at),
               count(*) filter (where b.arrived_at > b.starts_at + interval '10 minutes')
        from of_day b
        join analytics.dim_doctor d on d.doctor_id = b.doctor_id
        group by b.call_type, d.speciality, d.price_class, grouping sets ((), (b.clinic_id), (b.clinic_id, b.doctor_id))
        having grouping(b.clinic_id) = 1 or grouping(b.doctor_id) = 1 and b.clinic_id is not null or b.doctor_id is not null
    ), waits as (
        insert into booking_day_waits (day, clinic_id, doctor_id, call_type, to_payment, to_doctor, to_arrival, paid_hour,
                                       payment_to_arrival, gave_up)
        select one, b.clinic_id, b.doctor_id, b.call_type,
               array_agg(extract(epoch from b.secured_at - b.requested_at)::int order by b.booking_id),
               array_agg(extract(epoch from b.first_assigned_at - b.requested_at)::int order by b.booking_id),
               array_agg(extract(epoch from b.arrived_at - b.requested_at)::int order by b.booking_id),
               array_agg(extract(hour from b.secured_at at time zone local_zone)::int order by b.booking_id),
               array_agg(extract(epoch from b.arrived_at - b.secured_at)::int order by b.booking_id),
               array_agg(b.arrived_at is null and b.status in ('cancelled', 'expired') order by b.booking_id)
        from of_day b
        group by b.call_type, grouping sets ((), (b.clinic_id), (b.clinic_id, b.doctor_id))
        having grouping(b.clinic_id) = 1 or grouping(b.doctor_id) = 1 and b.clinic_id is not null or b.doctor_id is not null
    ), assigned as (
        insert into booking_day_assignments (day, clinic_id, doctor_id, call_type, assignments, bookings, taken_off, by_doctor,
                                             moved_to_another)
        select one, a.clinic_id, a.doctor_id, a.call_type, count(*), count(distinct a.booking_id),
               count(*) filter (where a.ended_how = 'unassigned'),
               count(*) filter (where a.ended_how = 'unassigned' and a.ended_by_role = 'doctor'),
               count(*) filter (where a.ended_how = 'rescheduled')
        from analytics.assignments a
        where a.requested_at >= low and a.requested_at < high
        group by a.call_type, grouping sets ((), (a.clinic_id), (a.clinic_id, a.doctor_id))
        having grouping(a.clinic_id) = 1 or grouping(a.doctor_id) = 1 and a.clinic_id is not null or a.doctor_id is not null
    ), lasted as (
        insert into booking_day_statuses (day, clinic_id, doctor_id, call_type, status, bookings, seconds)
        select one, b.clinic_id, b.doctor_id, t.call_type, t.status, count(distinct t.booking_id), sum(t.lasted_seconds)
        from steps t
        join of_day b on b.booking_id = t.booking_id
        where b.status = 'completed' and t.until_at is not null
        group by t.call_type, t.status, grouping sets ((), (b.clinic_id), (b.clinic_id, b.doctor_id))
        having grouping(b.clinic_id) = 1 or grouping(b.doctor_id) = 1 and b.clinic_id is not null or b.doctor_id is not null
    )
    insert into booking_day_moments (day, moment, clinic_id, call_type, status, bookings)
    select one, (moment.at at time zone local_zone)::date, t.clinic_id, t.call_type, t.status, count(*)
    from steps t
    cross join lateral (
        select (month + interval '1 month' - interval '6 hours') at time zone local_zone as at
        from generate_series(date_trunc('month', one::timestamp), clock_timestamp() at time zone local_zone, '1 month') as month
    ) moment
    where t.status in ('pending', 'assigned', 'en_route', 'arrived', 'in_progress')
      and t.from_at <= moment.at and coalesce(t.until_at > moment.at, moment.at <= clock_timestamp())
    group by moment.at, t.call_type, t.status, grouping sets ((), (t.clinic_id))
    having grouping(t.clinic_id) = 1 or t.clinic_id is not null;
end $$;

-- The seconds of each booking requested in these days; of one clinic, of one doctor, of a doctor's with one clinic, or of all.
drop function booking_waits(text, date, date, boolean);
drop function booking_wait_seconds(text, date, date);
create function booking_wait_seconds(of_measure text, of_clinic uuid, of_doctor uuid, first_day date, last_day date)
returns table (day date, part text, seconds int) language sql stable as $$
    select d.day, d.call_type, w.seconds
    from booking_day_waits d
    cross join lateral unnest(d.to_payment) as w (seconds)
    where of_measure = 'to_payment' and d.day between first_day and last_day and w.seconds is not null
      and (d.doctor_id = of_doctor or of_doctor is null and d.doctor_id is null)
      and (d.clinic_id = of_clinic or of_clinic is null and (d.clinic_id is null or of_doctor is not null))
    union all
    select d.day, '', w.seconds
    from booking_day_waits d
    cross join lateral unnest(case of_measure when 'to_doctor' then d.to_doctor else d.to_arrival end) as w (seconds)
    where of_measure in ('to_doctor', 'to_arrival') and d.call_type = 'urgent' and d.day between first_day and last_day
      and w.seconds is not null
      and (d.doctor_id = of_doctor or of_doctor is null and d.doctor_id is null)
      and (d.clinic_id = of_clinic or of_clinic is null and (d.clinic_id is null or of_doctor is not null))
    union all
    select d.day, w.hour::text, w.seconds
    from booking_day_waits d
    cross join lateral unnest(d.paid_hour, d.payment_to_arrival) as w (hour, seconds)
    where of_measure = 'payment_to_arrival' and d.call_type = 'urgent' and d.day between first_day and last_day
      and w.hour is not null and w.seconds is not null
      and (d.doctor_id = of_doctor or of_doctor is null and d.doctor_id is null)
      and (d.clinic_id = of_clinic or of_clinic is null and (d.clinic_id is null or of_doctor is not null))
$$;

-- As in 0083, of the same. A month of which there are no steps is read by its days, as one that is cut.
create function booking_waits(of_measure text, first_day date, last_day date, by_month boolean, of_clinic uuid, of_doctor uuid)
returns table (month date, part text, bookings bigint, median_seconds int, p90_seconds int) language sql stable as $$
    with months as materialized (
        select c.month, c.next_month,
               c.month >= first_day and c.next_month <= last_day + 1 and of_doctor is null and exists (
                   select from booking_month_waits w
                   where w.month = c.month and (w.clinic_id = of_clinic or of_clinic is null and w.clinic_id is null)
               ) as has_steps
        from (
            select m::date as month, (m + interval '1 month')::date as next_month
            from generate_series(date_trunc('month', first_day::timestamp), last_day::timestamp, '1 month') m
        ) c
    ), steps as materialized (
        select case when by_month then m.month else first_day end as month, w.part, w.step, w.bookings::bigint as bookings, w.seconds
        from months m
        join booking_month_waits w on w.month = m.month and (w.clinic_id = of_clinic or of_clinic is null and w.clinic_id is null)
        where m.has_steps and w.measure = of_measure
        union all
        select case when by_month then m.month else first_day end, d.part, d.seconds / booking_wait_step(of_measure), count(*),
               array_agg(d.seconds)
        from months m
        cross join lateral booking_wait_seconds(of_measure, of_clinic, of_doctor, greatest(m.month, first_day),
                                                least(m.next_month - 1, last_day)) d
        where not m.has_steps
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

create or replace function sum_booking_month(one date) returns void
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    last_day date := (one + interval '1 month')::date - 1;
    large uuid;
    of_measure text;
begin
    delete from booking_month_waits m where m.month = one;
    for large in
        select null::uuid
        union all
        select d.clinic_id from booking_days d
        where d.day between one and last_day and d.clinic_id is not null and d.doctor_id is null
        group by d.clinic_id
        having sum(d.bookings) >= (select s.least_clinic_bookings from booking_days_state s)
    loop
        foreach of_measure in array array['to_payment', 'to_doctor', 'to_arrival', 'payment_to_arrival'] loop
            insert into booking_month_waits (month, clinic_id, measure, part, step, bookings, seconds)
            select one, large, of_measure, s.part, s.seconds / booking_wait_step(of_measure), count(*), array_agg(s.seconds)
            from booking_wait_seconds(of_measure, large, null, one, last_day) s
            group by s.part, 5;
        end loop;
    end loop;
end $$;

-- As in 0083, and as each clinic knows them. Rows without a clinic have the nil id among them here, so that they find each other.
create or replace function sum_booking_patients(one date, local_zone text, of_generation int) returns void
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    no_clinic constant uuid := '00000000-0000-0000-0000-000000000000';
begin
    with patients as materialized (
        select distinct b.patient_id
        from bookings b
        where b.generation = of_generation and b.requested_at >= one::timestamp at time zone local_zone
          and b.requested_at < (one + 1)::timestamp at time zone local_zone
    ), present as (
        select p.patient_id, coalesce(paid.call_type, 'any') as call_type, coalesce(paid.clinic_id, no_clinic) as clinic,
               min(paid.secured_date) as first_date,
               array_agg(distinct extract(year from paid.secured_date)::int * 12 + extract(month from paid.secured_date)::int) as months
        from patients p
        cross join lateral (
            select b.call_type, b.clinic_id, (b.secured_at at time zone local_zone)::date as secured_date
            from bookings b
            where b.generation = of_generation and b.patient_id = p.patient_id and b.secured_at is not null
        ) paid
        group by p.patient_id, grouping sets ((), (paid.call_type)), grouping sets ((), (paid.clinic_id))
        having grouping(paid.clinic_id) = 1 or paid.clinic_id is not null
    ), changed as materialized (
        select patient_id, call_type, nullif(clinic, no_clinic) as clinic_id, n.first_date, n.months, k.first_date as first_before,
               k.months as months_before
        from present n
        full join (
            select b.patient_id, b.call_type, coalesce(b.clinic_id, no_clinic) as clinic, b.first_date, b.months
            from booking_patient_months b
            join patients p on p.patient_id = b.patient_id
        ) k using (patient_id, call_type, clinic)
        where (n.first_date, n.months) is distinct from (k.first_date, k.months)
    ), kept as (
        insert into booking_patient_months as m (patient_id, call_type, clinic_id, first_date, months)
        select c.patient_id, c.call_type, c.clinic_id, c.first_date, c.months from changed c where c.first_date is not null
        on conflict (patient_id, call_type, clinic_id) do update set first_date = excluded.first_date, months = excluded.months
    ), gone as (
        delete from booking_patient_months m using changed c
        where c.first_date is null and m.patient_id = c.patient_id and m.call_type = c.call_type
          and m.clinic_id is not distinct from c.clinic_id
    )
    insert into booking_cohorts as s (clinic_id, first_date, call_type, month, patients)
    select d.clinic_id, d.first_date, d.call_type, d.month, sum(d.patients)
    from (
        select c.clinic_id, c.first_date, c.call_type, unnest(c.months) as month, 1 as patients
        from changed c where c.first_date is not null
        union all
        select c.clinic_id, c.first_before, c.call_type, unnest(c.months_before), -1 from changed c where c.first_before is not null
    ) d
    group by 1, 2, 3, 4
    having sum(d.patients) <> 0
    on conflict (clinic_id, first_date, call_type, month) do update set patients = s.patients + excluded.patients;
end $$;

create or replace function sum_booking_hours(one date) returns void
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    delete from booking_day_hours h where h.day = one;
    insert into booking_day_hours (day, clinic_id, doctor_id, hour, paid, arrived, gave_up)
    select one, d.clinic_id, d.doctor_id, w.hour, count(*), count(w.seconds), count(*) filter (where w.gave_up)
    from booking_day_waits d
    cross join lateral unnest(d.paid_hour, d.payment_to_arrival, d.gave_up) as w (hour, seconds, gave_up)
    where d.day = one and d.call_type = 'urgent' and w.hour is not null
    group by d.clinic_id, d.doctor_id, w.hour;
end $$;

-- What was summed so far is of no clinic: it is summed again.
update booking_days_state set generation = null, complete = false;

-- A process of the release before would add up the rows of all clinics and those of each: what it looks for by name is no longer there,
-- and it counts anew by the views.
create or replace view report_sums_shown as
select k.kind,
       least((select min(w.since) from report_sums_waiting w where w.kind = k.kind),
             coalesce((select e.recorded_at from events e where e.position = s.position + 1), clock_timestamp())) as as_of_at
from report_sums k
cross join report_sums_state s
where k.complete and s.position >= (select b.least_facts from booking_days_state b)
  and (s.generations, s.zone) = (select g.generations, z.zone from report_generations g cross join platform_zone z)
union all
select 'bookings_by_clinic', b.as_of_at from booking_days_shown b;
