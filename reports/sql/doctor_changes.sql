select a.call_type, count(*) as assignments, count(distinct a.booking_id) as bookings,
       count(*) filter (where a.ended_how = 'unassigned') as taken_off,
       count(*) filter (where a.ended_how = 'unassigned' and a.ended_by_role = 'doctor') as by_doctor,
       count(*) filter (where a.ended_how = 'rescheduled') as moved_to_another
from analytics.assignments a
cross join analytics.settings s
where (a.requested_at at time zone s.zone)::date between '2025-01-01' and '2025-12-31'
  -- and a.clinic_id = :clinic
  -- and a.doctor_id = :doctor
  -- and a.call_type = :call_type
group by 1
order by 1
