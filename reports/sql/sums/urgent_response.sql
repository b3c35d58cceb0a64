select to_char(d.day, 'YYYY-MM') as month, count(w.to_doctor) as assigned,
       percentile_disc(0.5) within group (order by w.to_doctor) as seconds_to_doctor,
       count(w.to_arrival) as arrived,
       percentile_disc(0.5) within group (order by w.to_arrival) as seconds_to_arrival
from booking_day_waits d
cross join lateral unnest(d.to_doctor, d.to_arrival) as w (to_doctor, to_arrival)
where d.call_type = 'urgent' and d.day between '2025-01-01' and '2025-12-31'
group by 1
order by 1
