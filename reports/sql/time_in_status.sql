select t.call_type, t.status, count(distinct t.booking_id) as bookings,
       round(sum(t.lasted_seconds) / count(distinct t.booking_id)) as average_seconds
from analytics.bookings b
cross join lateral (select * from analytics.transitions t where t.booking_id = b.booking_id offset 0) t
where b.status = 'completed' and t.call_type <> 'consultation' and t.until_at is not null
  and b.requested_date between '2025-01-01' and '2025-12-31'
  -- and b.clinic_id = :clinic
  -- and b.doctor_id = :doctor
  -- and b.call_type = :call_type
group by 1, 2
order by 1, 2
