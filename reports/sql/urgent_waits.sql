select extract(hour from b.secured_at at time zone s.zone)::int as hour, count(*) as paid, count(b.arrived_at) as arrived,
       count(*) filter (where b.arrived_at is null and b.status in ('cancelled', 'expired')) as given_up,
       percentile_disc(0.5) within group (order by extract(epoch from b.arrived_at - b.secured_at)::int) as median_seconds
from analytics.bookings b
cross join analytics.settings s
where b.call_type = 'urgent' and b.secured_at is not null and b.requested_date between '2025-01-01' and '2025-12-31'
  -- and b.clinic_id = :clinic
  -- and b.doctor_id = :doctor
group by 1
order by 1
