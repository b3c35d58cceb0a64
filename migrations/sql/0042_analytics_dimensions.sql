-- Who and where, for analysts, without anybody's name: doctors, clinics, patients, doctors' hours, districts; and how fresh it all is.

create view analytics.dim_doctor with (security_barrier) as
select d.doctor_id,
       d.clinic_id,
       d.specialization as speciality,
       d.price_class,
       d.zone,
       d.accepts as accepts_bookings,
       a.created_at as joined_at,
       (a.created_at at time zone z.zone)::date as joined_date,
       a.deactivated_at is null as is_active
from identity.doctor_profiles d
join identity.accounts a on a.id = d.doctor_id
cross join analytics_private.settings z
where (select s.sees_all from analytics_private.scope s) or d.clinic_id = (select s.clinic_id from analytics_private.scope s);

comment on view analytics.dim_doctor is 'One row for each doctor, as the profile is now. Names are personal data and are not here.';
comment on column analytics.dim_doctor.doctor_id is 'The doctor, as in the API.';
comment on column analytics.dim_doctor.clinic_id is 'The present clinic; bookings.clinic_id has the one of that time.';
comment on column analytics.dim_doctor.speciality is 'The speciality, as the profile has it.';
comment on column analytics.dim_doctor.price_class is 'standard, senior or expert.';
comment on column analytics.dim_doctor.zone is 'The IANA zone of the doctor''s days.';
comment on column analytics.dim_doctor.accepts_bookings is 'Whether new bookings are accepted.';
comment on column analytics.dim_doctor.joined_at is 'When the account was made.';
comment on column analytics.dim_doctor.joined_date is 'The same as a local date.';
comment on column analytics.dim_doctor.is_active is 'Whether the account is active.';

create view analytics.dim_clinic with (security_barrier) as
select c.account_id as clinic_id,
       c.name as title,
       (select count(*) from identity.doctor_profiles d where d.clinic_id = c.account_id) as doctors,
       a.created_at as joined_at,
       (a.created_at at time zone z.zone)::date as joined_date,
       a.deactivated_at is null as is_active
from identity.clinics c
join identity.accounts a on a.id = c.account_id
cross join analytics_private.settings z
where (select s.sees_all from analytics_private.scope s) or c.account_id = (select s.clinic_id from analytics_private.scope s);

comment on view analytics.dim_clinic is 'One row for each clinic, as it is now.';
comment on column analytics.dim_clinic.clinic_id is 'The clinic, as in the API.';
comment on column analytics.dim_clinic.title is 'What the organisation is called.';
comment on column analytics.dim_clinic.doctors is 'How many doctors it has now.';
comment on column analytics.dim_clinic.joined_at is 'When the account was made.';
comment on column analytics.dim_clinic.joined_date is 'The same as a local date.';
comment on column analytics.dim_clinic.is_active is 'Whether the account is active.';

create view analytics.dim_patient with (security_barrier) as
select encode(substr(sha256((select k.key from analytics_private.pseudonym_key k) || uuid_send(a.id)), 1, 16), 'hex') as patient_key,
       (a.created_at at time zone z.zone)::date as signed_up_date,
       a.deactivated_at is null as is_active
from identity.accounts a
cross join analytics_private.settings z
where a.role = 'patient'
  and ((select s.sees_all from analytics_private.scope s)
       or a.id in (select b.patient_id from bookings b
                   where b.generation = (select l.generation from analytics_private.live l where l.model = 'bookings')
                     and b.clinic_id = (select s.clinic_id from analytics_private.scope s)));

comment on view analytics.dim_patient is 'One row for each patient who ever signed up; a clinic sees those who booked its doctors.';
comment on column analytics.dim_patient.patient_key is 'Pseudonym of the patient, as in bookings.';
comment on column analytics.dim_patient.signed_up_date is
    'When the account was made, as a local date; the exact time would single people out.';
comment on column analytics.dim_patient.is_active is 'Whether the account is active.';

create view analytics.doctor_hours with (security_barrier) as
with days as (
    select latest.doctor_id,
           latest.day,
           latest.working,
           -- A block may cover more than the working hours, and blocks may overlap.
           coalesce(latest.working * (
               select range_agg(tstzrange(k.starts_at, k.ends_at)) from open_slots__blocks k
               where k.generation = (select l.generation from analytics_private.live l where l.model = 'open_slots')
                 and k.standing and k.doctor_id = latest.doctor_id and k.starts_at < latest.until_at and k.ends_at > latest.from_at
           ), '{}'::tstzmultirange) as blocked
    from (
        select split_part(e.aggregate_id, '_', 1)::uuid as doctor_id,
               split_part(e.aggregate_id, '_', 2)::date as day,
               (fact.body -> 'bounds' ->> 'start')::timestamptz as from_at,
               (fact.body -> 'bounds' ->> 'end')::timestamptz as until_at,
               coalesce(
                   (select range_agg(tstzrange((w.value ->> 'start')::timestamptz, (w.value ->> 'end')::timestamptz))
                    from json_array_elements(fact.body -> 'working') w),
                   '{}'::tstzmultirange) as working
        from (
            select distinct on (f.aggregate_id) f.aggregate_id, f.event_type, f.payload from events f
            where f.aggregate_type = 'doctor_day' and f.event_type in ('DayOpened', 'DayExtended', 'DayClosed')
            order by f.aggregate_id, f.sequence desc
        ) e
        cross join lateral (select e.payload -> e.event_type as body) fact
        where e.event_type <> 'DayClosed'
    ) latest
), visits as (
    select b.doctor_id,
           (b.starts_at at time zone d.zone)::date as day,
           count(*) as booked,
           sum(extract(epoch from b.ends_at - b.starts_at)) as booked_seconds,
           coalesce(sum(extract(epoch from b.ends_at - b.starts_at)) filter (where b.call_type = 'urgent'), 0) as urgent_seconds,
           count(*) filter (where b.status = 'completed') as visited,
           coalesce(sum(extract(epoch from b.completed_at - b.started_at)) filter (where b.status = 'completed'), 0) as visited_seconds
    from bookings b
    join identity.doctor_profiles d on d.doctor_id = b.doctor_id
    where b.generation = (select l.generation from analytics_private.live l where l.model = 'bookings')
      and b.assigned and b.status in ('assigned', 'en_route', 'arrived', 'in_progress', 'completed', 'no_show', 'missed')
    group by 1, 2
)
select doctor_id,
       day as local_date,
       d.clinic_id,
       floor(coalesce((select sum(extract(epoch from upper(r) - lower(r))) from unnest(days.working) r), 0))::bigint as opened_seconds,
       floor(coalesce((select sum(extract(epoch from upper(r) - lower(r))) from unnest(days.blocked) r), 0))::bigint as blocked_seconds,
       coalesce(visits.booked, 0) as booked_visits,
       floor(coalesce(visits.booked_seconds, 0))::bigint as booked_seconds,
       floor(coalesce(visits.urgent_seconds, 0))::bigint as urgent_seconds,
       coalesce(visits.visited, 0) as completed_visits,
       floor(coalesce(visits.visited_seconds, 0))::bigint as visited_seconds
from days
full join visits using (doctor_id, day)
join identity.doctor_profiles d using (doctor_id)
where (select s.sees_all from analytics_private.scope s) or d.clinic_id = (select s.clinic_id from analytics_private.scope s);

comment on view analytics.doctor_hours is
    'One row for each doctor and day that was open or had a visit: opened, booked and visited time. Opened days are from the log '
    '(an index finds them), the rest from the read models bookings and open_slots. Reads all days whatever is asked.';
comment on column analytics.doctor_hours.doctor_id is 'The doctor.';
comment on column analytics.doctor_hours.local_date is 'The day, local to the doctor''s own zone (dim_doctor.zone).';
comment on column analytics.doctor_hours.clinic_id is 'The doctor''s present clinic.';
comment on column analytics.doctor_hours.opened_seconds is
    'Working time of the day as last opened or extended; 0 if it was closed or never opened.';
comment on column analytics.doctor_hours.blocked_seconds is 'What of it the doctor has blocked.';
comment on column analytics.doctor_hours.booked_visits is
    'Visits that begin on that day and that the doctor has or had until the end; cancelled ones are not counted.';
comment on column analytics.doctor_hours.booked_seconds is 'Their agreed length, buffers not included.';
comment on column analytics.doctor_hours.urgent_seconds is 'What of booked_seconds is urgent calls, which need no opened hours.';
comment on column analytics.doctor_hours.completed_visits is 'How many of them were completed.';
comment on column analytics.doctor_hours.visited_seconds is 'How long these really took, from start to completion.';

-- Where visits are wanted. Coordinates stand in the vault; once it is encrypted per person, SQL reads none, and everything falls
-- into the row without an area: the fact or a table must then carry the coarse area.
create view analytics.districts with (security_barrier) as
with calls as (
    select date_trunc('month', b.requested_at at time zone z.zone)::date as month,
           floor(place.latitude / 0.05) * 0.05 as south,
           floor(place.longitude / 0.1) * 0.1 as west,
           b.patient_id,
           b.call_type,
           b.status
    from bookings b
    cross join analytics_private.settings z
    left join identity.vault v on v.id = b.details_id
    cross join lateral (
        select case when v.body ->> 'latitude' ~ '^-?\d{1,2}(\.\d+)?$' then (v.body ->> 'latitude')::numeric end as latitude,
               case when v.body ->> 'longitude' ~ '^-?\d{1,3}(\.\d+)?$' then (v.body ->> 'longitude')::numeric end as longitude
    ) place
    where b.generation = (select l.generation from analytics_private.live l where l.model = 'bookings')
      and b.call_type <> 'consultation'
      and ((select s.sees_all from analytics_private.scope s) or b.clinic_id = (select s.clinic_id from analytics_private.scope s))
), large as (
    select c.month, c.south, c.west from calls c
    where c.south is not null and c.west is not null
    group by 1, 2, 3
    having count(distinct c.patient_id) >= 5
)
select c.month,
       a.south::numeric(5, 2) as south,
       a.west::numeric(5, 2) as west,
       count(distinct c.patient_id) as patients,
       count(*) as bookings,
       count(*) filter (where c.call_type = 'urgent') as urgent_bookings,
       count(*) filter (where c.status = 'completed') as completed_bookings
from calls c
left join large a on a.month = c.month and a.south = c.south and a.west = c.west
group by c.month, a.south, a.west;

comment on view analytics.districts is
    'Home visits by local month and coarse area: cells of 0.05° by 0.1° (about 6 by 6 km at Moscow) with at least five patients in the '
    'month; all others, and those without coordinates, stand together in the row whose area is null. '
    'Reads all bookings and their private details, of which nothing else is shown.';
comment on column analytics.districts.month is 'The first day of the local month of the request.';
comment on column analytics.districts.south is 'The southern edge of the cell, degrees of latitude; null for all the rest.';
comment on column analytics.districts.west is 'The western edge of the cell, degrees of longitude; null for all the rest.';
comment on column analytics.districts.patients is 'How many different patients; at least 5 where there is an area.';
comment on column analytics.districts.bookings is 'Home visits asked for, whatever became of them.';
comment on column analytics.districts.urgent_bookings is 'How many of these were urgent.';
comment on column analytics.districts.completed_bookings is 'How many of these were completed.';

create view analytics.freshness with (security_barrier) as
select l.model,
       case l.model
           when 'bookings' then 'bookings, transitions, assignments, dim_patient, doctor_hours, districts'
           when 'payment_ledger' then 'payments, refunds, ledger_lines, ledger_monthly'
           when 'provider_payments' then 'payments'
           when 'payouts' then 'payouts'
           when 'open_slots' then 'doctor_hours'
       end as feeds,
       l.generation,
       l.schema_version,
       coalesce(waiting.position - 1, head.position, 0) as shown_position,
       coalesce(head.position, 0) as head_position,
       coalesce(waiting.recorded_at, clock_timestamp()) as as_of_at,
       floor(extract(epoch from clock_timestamp() - coalesce(waiting.recorded_at, clock_timestamp())))::bigint as behind_seconds,
       (select count(*) from parked p where p.consumer = l.model and p.generation = l.generation) as parked_keys
from analytics_private.live l
left join lateral (select e.position from events e order by e.position desc limit 1) head on true
left join lateral (
    select next.position, next.recorded_at
    from current_checkpoints c
    cross join lateral (select e.position, e.recorded_at from events e
                        where e.shard = c.shard and e.position > c.position order by e.position limit 1) next
    where c.consumer = l.model and c.generation = l.generation
    order by next.position limit 1
) waiting on true
where l.model in ('bookings', 'payment_ledger', 'provider_payments', 'payouts', 'open_slots');

comment on view analytics.freshness is 'One row for each read model behind the views: how old is what they show.';
comment on column analytics.freshness.model is 'The read model.';
comment on column analytics.freshness.feeds is 'The views that show it.';
comment on column analytics.freshness.generation is 'Which of its generations is read.';
comment on column analytics.freshness.schema_version is 'Version of the read model''s shape.';
comment on column analytics.freshness.shown_position is 'Every fact up to this position is shown.';
comment on column analytics.freshness.head_position is 'The last position of the log.';
comment on column analytics.freshness.as_of_at is
    'Everything recorded before is shown: now, or when the first fact that waits was recorded.';
comment on column analytics.freshness.behind_seconds is 'How long that fact has waited; 0 if none waits.';
comment on column analytics.freshness.parked_keys is
    'Bookings, payments and the like that stand still because one of their facts cannot be applied: an operator''s task.';
