-- Bookings for analysts: as they stand, every status they had, every doctor they had.
--
-- `transitions` and `assignments`, and the columns of `bookings` marked so, look into the log once per booking (by its primary key).
-- Bound them by `requested_at` or `booking_id`, which the read model has indexes for.

create view analytics.bookings with (security_barrier) as
select b.booking_id,
       encode(substr(sha256((select k.key from analytics_private.pseudonym_key k) || uuid_send(b.patient_id)), 1, 16), 'hex')
           as patient_key,
       b.doctor_id,
       b.clinic_id,
       b.call_type,
       b.status,
       b.assigned as has_doctor,
       (b.price * 0.01)::numeric(14, 2) as price,
       (b.fee * 0.01)::numeric(14, 2) as fee,
       b.tariff_version as price_list_version,
       b.requested_at,
       (b.requested_at at time zone z.zone)::date as requested_date,
       b.starts_at,
       (b.starts_at at time zone z.zone)::date as starts_date,
       b.ends_at,
       b.pay_by as pay_by_at,
       b.secured_at,
       (b.secured_at at time zone z.zone)::date as secured_date,
       case when b.assigned_at is not null or b.status in ('pending', 'cancelled', 'expired') then
           (select (e.payload -> e.event_type ->> 'at')::timestamptz from events e
            where e.aggregate_type = 'booking' and e.aggregate_id = b.booking_id::text and e.event_type = 'BookingAssigned'
            order by e.sequence limit 1)
       end as first_assigned_at,
       b.assigned_at as last_assigned_at,
       b.departed_at,
       b.estimated_arrival as estimated_arrival_at,
       b.arrived_at,
       b.started_at,
       b.completed_at,
       (b.completed_at at time zone z.zone)::date as completed_date,
       b.no_show_at,
       b.missed_at,
       b.expired_at,
       b.rescheduled_at,
       b.cancelled_at,
       (b.cancelled_at at time zone z.zone)::date as cancelled_date,
       case when b.status = 'cancelled' then
           (select coalesce(e.payload -> e.event_type -> 'by' -> 'person' ->> 'role', 'process') from events e
            where e.aggregate_type = 'booking' and e.aggregate_id = b.booking_id::text and e.event_type = 'BookingCancelled'
            order by e.sequence desc limit 1)
       end as cancelled_by_role,
       b.cancel_reason,
       b.waiting_since as waiting_since_at,
       b.escalation,
       b.agreed_doctor_id is not null as is_changed_by_others
from bookings b
cross join analytics_private.settings z
where b.generation = (select l.generation from analytics_private.live l where l.model = 'bookings')
  and ((select s.sees_all from analytics_private.scope s) or b.clinic_id = (select s.clinic_id from analytics_private.scope s));

comment on view analytics.bookings is
    'One row for each booking, as it stands. From the read model bookings: see freshness. Indexed: booking_id, requested_at.';
comment on column analytics.bookings.booking_id is 'The booking, as in the API.';
comment on column analytics.bookings.patient_key is
    'Pseudonym of the patient: 32 hex digits, the same for one person everywhere and always.';
comment on column analytics.bookings.doctor_id is
    'The doctor chosen or assigned; null for an urgent call until one is found, and after one was taken off.';
comment on column analytics.bookings.clinic_id is 'The clinic of that doctor when set; of the one taken off while there is no other.';
comment on column analytics.bookings.call_type is 'urgent, scheduled or consultation (by video).';
comment on column analytics.bookings.status is
    'pending (unpaid, or paid without a doctor), assigned, en_route, arrived, in_progress, completed, cancelled, expired, no_show '
    'or missed.';
comment on column analytics.bookings.has_doctor is 'Whether that doctor has the visit, or had it until the end.';
comment on column analytics.bookings.price is 'Agreed price, rubles.';
comment on column analytics.bookings.fee is
    'What a cancellation or an absent patient cost, rubles; null while nothing of the kind happened.';
comment on column analytics.bookings.price_list_version is 'The version of the price list that the price is from.';
comment on column analytics.bookings.requested_at is 'When the patient asked for it. Indexed.';
comment on column analytics.bookings.requested_date is 'The same as a local date.';
comment on column analytics.bookings.starts_at is 'When the visit begins by agreement; null for an urgent call without a doctor.';
comment on column analytics.bookings.starts_date is 'The same as a local date.';
comment on column analytics.bookings.ends_at is 'When the visit ends by agreement.';
comment on column analytics.bookings.pay_by_at is 'Until when it had to be paid.';
comment on column analytics.bookings.secured_at is 'When it was paid for (again, if it was revived).';
comment on column analytics.bookings.secured_date is 'The same as a local date.';
comment on column analytics.bookings.first_assigned_at is 'When it got its first doctor. Looks into the log, once per row.';
comment on column analytics.bookings.last_assigned_at is 'When it got its present doctor; null after one was taken off.';
comment on column analytics.bookings.departed_at is 'When the present doctor set out.';
comment on column analytics.bookings.estimated_arrival_at is 'When the doctor on the way expects to be there; null before and after.';
comment on column analytics.bookings.arrived_at is 'When the doctor was at the door or in the video room.';
comment on column analytics.bookings.started_at is 'When the visit began.';
comment on column analytics.bookings.completed_at is 'When the visit was over.';
comment on column analytics.bookings.completed_date is 'The same as a local date.';
comment on column analytics.bookings.no_show_at is 'When the doctor told that nobody was there.';
comment on column analytics.bookings.missed_at is 'When it was given up because its doctor had never set out.';
comment on column analytics.bookings.expired_at is 'When it ended unpaid, or paid without a doctor found (see transitions.reason).';
comment on column analytics.bookings.rescheduled_at is 'When it was last moved.';
comment on column analytics.bookings.cancelled_at is 'When it was cancelled.';
comment on column analytics.bookings.cancelled_date is 'The same as a local date.';
comment on column analytics.bookings.cancelled_by_role is
    'Who cancelled: patient, doctor, clinic, admin or process. Looks into the log, once per cancelled row.';
comment on column analytics.bookings.cancel_reason is
    'patient_request, recovered, doctor_unavailable, clinic_request, hospitalised, mistake or other (also where none was given).';
comment on column analytics.bookings.waiting_since_at is 'Of an urgent call: since when it is paid and without a doctor, while it is.';
comment on column analytics.bookings.escalation is 'Why an operator was told, while it matters: no_doctor, not_departed or unfinished.';
comment on column analytics.bookings.is_changed_by_others is 'Whether doctor or time is another than the patient agreed to.';

create view analytics.transitions with (security_barrier) as
select b.booking_id,
       t.number,
       t.step,
       t.status,
       t.from_at,
       (t.from_at at time zone z.zone)::date as from_date,
       t.until_at,
       floor(extract(epoch from t.until_at - t.from_at))::bigint as lasted_seconds,
       t.by_role,
       t.doctor_id,
       t.reason,
       t.position,
       b.call_type,
       b.clinic_id,
       b.requested_at
from bookings b
cross join analytics_private.settings z
cross join lateral (
    select row_number() over in_order as number,
           s.step,
           s.status,
           s.at as from_at,
           lead(s.at) over in_order as until_at,
           coalesce(s.fact -> 'by' -> 'person' ->> 'role', case s.step when 'requested' then 'patient' else 'process' end) as by_role,
           case s.step
               when 'assigned' then (s.fact -> 'appointment' ->> 'doctor_id')::uuid
               when 'rescheduled' then (s.fact -> 'to' ->> 'doctor_id')::uuid
               when 'unassigned' then (s.fact ->> 'doctor_id')::uuid
               when 'missed' then (s.fact ->> 'doctor_id')::uuid
           end as doctor_id,
           case s.step when 'cancelled' then s.fact ->> 'reason' when 'expired' then 'unpaid' when 'nobody_found' then s.step end as reason,
           s.position
    from (
        select e.sequence, e.position, kind.step,
               -- A booking that moves stays what it was.
               coalesce(kind.status, (
                   select case before.event_type when 'BookingAssigned' then 'assigned' else 'pending' end from events before
                   where before.aggregate_type = 'booking' and before.aggregate_id = e.aggregate_id and before.sequence < e.sequence
                     and before.event_type in ('BookingRequested', 'BookingSecured', 'BookingRevived', 'BookingAssigned',
                                               'BookingUnassigned')
                   order by before.sequence desc limit 1)) as status,
               fact.body as fact, (fact.body ->> 'at')::timestamptz as at
        from events e
        join (values ('BookingRequested', 'requested', 'pending'), ('BookingSecured', 'secured', 'pending'),
                     ('BookingExpired', 'expired', 'expired'), ('BookingRevived', 'revived', 'pending'),
                     ('BookingAssigned', 'assigned', 'assigned'), ('BookingUnassigned', 'unassigned', 'pending'),
                     ('BookingRescheduled', 'rescheduled', null), ('DoctorDeparted', 'departed', 'en_route'),
                     ('DoctorArrived', 'arrived', 'arrived'), ('VisitStarted', 'started', 'in_progress'),
                     ('VisitCompleted', 'completed', 'completed'), ('PatientNoShow', 'no_show', 'no_show'),
                     ('BookingMissed', 'missed', 'missed'), ('BookingNobodyFound', 'nobody_found', 'expired'),
                     ('BookingCancelled', 'cancelled', 'cancelled')
             ) as kind (event_type, step, status) on kind.event_type = e.event_type
        cross join lateral (select e.payload -> e.event_type as body) fact
        where e.aggregate_type = 'booking' and e.aggregate_id = b.booking_id::text
    ) s
    window in_order as (order by s.sequence)
) t
where b.generation = (select l.generation from analytics_private.live l where l.model = 'bookings')
  and ((select s.sees_all from analytics_private.scope s) or b.clinic_id = (select s.clinic_id from analytics_private.scope s));

comment on view analytics.transitions is
    'One row for each step of each booking, from the log: which status it had from when until when, and by whom. '
    'Costs a look into the log for each booking: bound it by requested_at or booking_id.';
comment on column analytics.transitions.booking_id is 'The booking.';
comment on column analytics.transitions.number is 'The place among the booking''s steps, from 1.';
comment on column analytics.transitions.step is
    'requested, secured (paid), expired, revived, assigned, unassigned, rescheduled, departed, arrived, started, completed, '
    'no_show, missed, nobody_found or cancelled.';
comment on column analytics.transitions.status is 'The status after it, in the words of bookings.status.';
comment on column analytics.transitions.from_at is 'When the step was taken.';
comment on column analytics.transitions.from_date is 'The same as a local date.';
comment on column analytics.transitions.until_at is 'When the next step was taken; null for the last one.';
comment on column analytics.transitions.lasted_seconds is 'Whole seconds from one to the other; null for the last one.';
comment on column analytics.transitions.by_role is 'Who took it: patient, doctor, clinic, admin or process (the platform by itself).';
comment on column analytics.transitions.doctor_id is 'The doctor set, taken off, moved to or who never set out; else null.';
comment on column analytics.transitions.reason is 'Of cancelled: as bookings.cancel_reason. Of expired: unpaid or nobody_found.';
comment on column analytics.transitions.position is 'The place of the fact in the log.';
comment on column analytics.transitions.call_type is 'As in bookings.';
comment on column analytics.transitions.clinic_id is 'As in bookings: of the present doctor.';
comment on column analytics.transitions.requested_at is 'When the booking was asked for. Indexed: bound the view by it.';

create view analytics.assignments with (security_barrier) as
select b.booking_id,
       a.number,
       a.doctor_id,
       a.doctor_clinic_id,
       a.from_at as assigned_at,
       (a.from_at at time zone z.zone)::date as assigned_date,
       a.by_role as assigned_by_role,
       a.until_at as ended_at,
       a.ended_how,
       a.ended_by_role,
       b.call_type,
       b.clinic_id,
       b.requested_at
from bookings b
cross join analytics_private.settings z
cross join lateral (
    select row_number() over (order by k.sequence) as number, k.*
    from (
        select f.*,
               lead(f.at) over in_order as until_at,
               lead(f.how) over in_order as ended_how,
               lead(f.by_role) over in_order as ended_by_role,
               f.at as from_at
        from (
            select e.sequence, e.event_type, how.how,
                   coalesce(e.payload -> e.event_type -> 'by' -> 'person' ->> 'role', 'process') as by_role,
                   (e.payload -> e.event_type ->> 'at')::timestamptz as at,
                   (set_to.appointment ->> 'doctor_id')::uuid as doctor_id,
                   (set_to.appointment ->> 'clinic_id')::uuid as doctor_clinic_id,
                   -- Moved to another doctor while one has it: an assignment too.
                   e.event_type = 'BookingAssigned' or (
                       e.event_type = 'BookingRescheduled'
                       and e.payload -> e.event_type -> 'from' ->> 'doctor_id' <> set_to.appointment ->> 'doctor_id'
                       and 0 < sum(case e.event_type when 'BookingAssigned' then 1 when 'BookingUnassigned' then -1 else 0 end)
                           over (order by e.sequence)
                   ) as begins
            from events e
            join (values ('BookingAssigned', 'reassigned'), ('BookingUnassigned', 'unassigned'), ('BookingRescheduled', 'rescheduled'),
                         ('VisitCompleted', 'completed'), ('PatientNoShow', 'no_show'), ('BookingMissed', 'missed'),
                         ('BookingCancelled', 'cancelled')
                 ) as how (event_type, how) on how.event_type = e.event_type
            cross join lateral (
                select coalesce(e.payload -> e.event_type -> 'to', e.payload -> e.event_type -> 'appointment') as appointment
            ) set_to
            where e.aggregate_type = 'booking' and e.aggregate_id = b.booking_id::text
        ) f
        where f.begins or f.event_type <> 'BookingRescheduled'
        window in_order as (order by f.sequence)
    ) k
    where k.begins
) a
where b.generation = (select l.generation from analytics_private.live l where l.model = 'bookings')
  and ((select s.sees_all from analytics_private.scope s) or b.clinic_id = (select s.clinic_id from analytics_private.scope s));

comment on view analytics.assignments is
    'One row for each time a booking got a doctor, from the log. '
    'Costs a look into the log for each booking: bound it by requested_at or booking_id.';
comment on column analytics.assignments.booking_id is 'The booking.';
comment on column analytics.assignments.number is 'The place among the booking''s assignments, from 1.';
comment on column analytics.assignments.doctor_id is 'The doctor.';
comment on column analytics.assignments.doctor_clinic_id is 'The doctor''s clinic at that time; null if none was recorded.';
comment on column analytics.assignments.assigned_at is 'From when.';
comment on column analytics.assignments.assigned_date is 'The same as a local date.';
comment on column analytics.assignments.assigned_by_role is 'By whom: doctor, clinic, admin, patient (who moved it) or process.';
comment on column analytics.assignments.ended_at is 'Until when; null while it lasts.';
comment on column analytics.assignments.ended_how is
    'unassigned, reassigned, rescheduled, completed, no_show, missed or cancelled; null while it lasts.';
comment on column analytics.assignments.ended_by_role is 'By whom it ended.';
comment on column analytics.assignments.call_type is 'As in bookings.';
comment on column analytics.assignments.clinic_id is 'As in bookings: of the present doctor.';
comment on column analytics.assignments.requested_at is 'When the booking was asked for. Indexed: bound the view by it.';
