select d.call_type, count(*) as requested, count(w.to_payment) as paid,
       percentile_disc(0.5) within group (order by w.to_payment) as median_seconds,
       percentile_disc(0.9) within group (order by w.to_payment) as p90_seconds
from booking_day_waits d
cross join lateral unnest(d.to_payment) as w (to_payment)
where d.day between '2025-01-01' and '2025-12-31'
  -- and d.call_type = :call_type
group by 1
order by 1
