-- Who ever had a booking is found by the doctor, and not in the log of all bookings.

-- A fact that sets a doctor. Built in place, once: appends wait for it.
create index events_assigned_doctors on events
    (((coalesce(payload -> event_type -> 'to', payload -> event_type -> 'appointment') ->> 'doctor_id')::uuid))
    where aggregate_type = 'booking' and event_type in ('BookingAssigned', 'BookingRescheduled');

-- As in 0040, told from the fact that begins an assignment: it is found by its doctor, or by its booking, and the fact that ends it is
-- the next one that may.
create or replace view analytics.assignments with (security_barrier) as
select b.booking_id,
       (select count(*) from (
            select f.event_type = 'BookingAssigned' or (
                       f.event_type = 'BookingRescheduled'
                       and f.payload -> f.event_type -> 'from' ->> 'doctor_id' <> f.payload -> f.event_type -> 'to' ->> 'doctor_id'
                       and 0 < sum(case f.event_type when 'BookingAssigned' then 1 when 'BookingUnassigned' then -1 else 0 end)
                           over (order by f.sequence)
                   ) as begins
            from events f
            where f.aggregate_type = 'booking' and f.aggregate_id = e.aggregate_id and f.sequence <= e.sequence
              and f.event_type in ('BookingAssigned', 'BookingUnassigned', 'BookingRescheduled')
        ) f where f.begins) as number,
       (coalesce(e.payload -> e.event_type -> 'to', e.payload -> e.event_type -> 'appointment') ->> 'doctor_id')::uuid as doctor_id,
       (coalesce(e.payload -> e.event_type -> 'to', e.payload -> e.event_type -> 'appointment') ->> 'clinic_id')::uuid
           as doctor_clinic_id,
       (e.payload -> e.event_type ->> 'at')::timestamptz as assigned_at,
       ((e.payload -> e.event_type ->> 'at')::timestamptz at time zone z.zone)::date as assigned_date,
       coalesce(e.payload -> e.event_type -> 'by' -> 'person' ->> 'role', 'process') as assigned_by_role,
       ended.at as ended_at,
       ended.how as ended_how,
       ended.by_role as ended_by_role,
       b.call_type,
       b.clinic_id,
       b.requested_at
from events e
-- Either way: each is an index's own condition.
join bookings b on b.booking_id::text = e.aggregate_id and b.booking_id = e.aggregate_id::uuid
cross join analytics_private.settings z
left join lateral (
    select how.how,
           (n.payload -> n.event_type ->> 'at')::timestamptz as at,
           coalesce(n.payload -> n.event_type -> 'by' -> 'person' ->> 'role', 'process') as by_role
    from events n
    join (values ('BookingAssigned', 'reassigned'), ('BookingUnassigned', 'unassigned'), ('BookingRescheduled', 'rescheduled'),
                 ('VisitCompleted', 'completed'), ('PatientNoShow', 'no_show'), ('BookingMissed', 'missed'),
                 ('BookingCancelled', 'cancelled')
         ) as how (event_type, how) on how.event_type = n.event_type
    where n.aggregate_type = 'booking' and n.aggregate_id = e.aggregate_id and n.sequence > e.sequence
      -- A booking that moves with its doctor stays that doctor's.
      and (n.event_type <> 'BookingRescheduled'
           or n.payload -> n.event_type -> 'from' ->> 'doctor_id' <> n.payload -> n.event_type -> 'to' ->> 'doctor_id')
    order by n.sequence
    limit 1
) ended on true
where e.aggregate_type = 'booking' and e.event_type in ('BookingAssigned', 'BookingRescheduled')
  -- Moved to another doctor while one has it: an assignment too.
  and (e.event_type = 'BookingAssigned' or (
      e.payload -> e.event_type -> 'from' ->> 'doctor_id' <> e.payload -> e.event_type -> 'to' ->> 'doctor_id'
      and 0 < (select sum(case f.event_type when 'BookingAssigned' then 1 else -1 end) from events f
               where f.aggregate_type = 'booking' and f.aggregate_id = e.aggregate_id and f.sequence < e.sequence
                 and f.event_type in ('BookingAssigned', 'BookingUnassigned'))
  ))
  and b.generation = (select l.generation from analytics_private.live l where l.model = 'bookings')
  and ((select s.sees_all from analytics_private.scope s) or b.clinic_id = (select s.clinic_id from analytics_private.scope s));

comment on view analytics.assignments is
    'One row for each time a booking got a doctor, from the log. '
    'Costs a look into the log for each booking: bound it by requested_at, booking_id or doctor_id.';
comment on column analytics.assignments.doctor_id is 'The doctor. Indexed: bound the view by it.';
