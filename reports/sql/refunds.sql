select reason, requested_by_role, method, count(*) as refunds, sum(amount) as amount,
       percentile_disc(0.5) within group (order by extract(epoch from ended_at - requested_at)::int) as median_seconds
from analytics.refunds
where stage = 'succeeded' and requested_date between '2025-01-01' and '2025-12-31'
  -- and method = :method
group by 1, 2, 3
order by 1, 2, 3
