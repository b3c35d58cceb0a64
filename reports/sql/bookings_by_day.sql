select requested_date, call_type, status, count(*) as bookings
from analytics.bookings
where requested_date between '2025-01-01' and '2025-12-31'
  -- and clinic_id = :clinic
  -- and doctor_id = :doctor
  -- and call_type = :call_type
group by 1, 2, 3
order by 1, 2, 3
