select w.hour, count(*) as paid, count(w.waited) as arrived, count(*) filter (where w.gave_up) as given_up,
       percentile_disc(0.5) within group (order by w.waited) as median_seconds
from booking_day_waits d
cross join lateral unnest(d.paid_hour, d.payment_to_arrival, d.gave_up) as w (hour, waited, gave_up)
where d.call_type = 'urgent' and w.hour is not null and d.day between '2025-01-01' and '2025-12-31'
group by 1
order by 1
