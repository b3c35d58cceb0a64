select to_char(requested_date, 'YYYY-MM') as month, call_type, count(*) as requested, count(secured_at) as paid,
       count(first_assigned_at) as assigned, count(arrived_at) as arrived, count(completed_at) as completed
from analytics.bookings
where requested_date between '2025-01-01' and '2025-12-31'
  -- and clinic_id = :clinic
  -- and doctor_id = :doctor
  -- and call_type = :call_type
group by 1, 2
order by 1, 2
