select cancelled_by_role, cancel_reason, count(*) as cancelled, sum(fee) as fees
from analytics.bookings
where status = 'cancelled' and requested_date between '2025-01-01' and '2025-12-31'
  -- and clinic_id = :clinic
  -- and doctor_id = :doctor
  -- and call_type = :call_type
group by 1, 2
order by 3 desc, 1, 2
