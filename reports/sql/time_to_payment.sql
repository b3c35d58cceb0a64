select call_type, count(*) as requested, count(secured_at) as paid,
       percentile_disc(0.5) within group (order by extract(epoch from secured_at - requested_at)::int) as median_seconds,
       percentile_disc(0.9) within group (order by extract(epoch from secured_at - requested_at)::int) as p90_seconds
from analytics.bookings
where requested_date between '2025-01-01' and '2025-12-31'
  -- and clinic_id = :clinic
  -- and doctor_id = :doctor
  -- and call_type = :call_type
group by 1
order by 1
