select t.call_type, t.status, count(distinct t.booking_id) as bookings,
       round(sum(t.lasted_seconds) / count(distinct t.booking_id)) as average_seconds
from analytics.transitions t
join analytics.bookings b using (booking_id)
where b.status = 'completed' and t.call_type <> 'consultation' and t.until_at is not null
  and b.requested_date between '2025-01-01' and '2025-12-31'
  -- and t.clinic_id = :clinic
  -- and b.doctor_id = :doctor
  -- and b.call_type = :call_type
group by 1, 2
order by 1, 2
