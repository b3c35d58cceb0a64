select (moment.at at time zone s.zone)::date as day, t.status, count(*) as bookings
from analytics.settings s
cross join lateral (
    select (month + interval '1 month' - interval '6 hours') at time zone s.zone as at
    from generate_series(date_trunc('month', '2025-01-01'::timestamp), '2025-12-31'::timestamp, '1 month') as month
) moment
join analytics.transitions t on t.from_at <= moment.at and coalesce(t.until_at > moment.at, moment.at <= clock_timestamp())
where t.status in ('pending', 'assigned', 'en_route', 'arrived', 'in_progress')
  -- and t.clinic_id = :clinic
  -- and t.call_type = :call_type
group by 1, 2
order by 1, 2
