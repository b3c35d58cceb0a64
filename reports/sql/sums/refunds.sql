with seconds as (
    select reason, requested_by_role, method, seconds, sum(refunds) as refunds, sum(amount) as amount
    from payment_day_refunds
    where requested_date between '2025-01-01' and '2025-12-31'
      -- and method = :method
    group by 1, 2, 3, 4
), places as (
    select s.*, sum(refunds) filter (where seconds is not null) over (partition by reason, requested_by_role, method order by seconds)
               as upto,
           sum(refunds) filter (where seconds is not null) over (partition by reason, requested_by_role, method) as total
    from seconds s
)
select reason, requested_by_role, method, sum(refunds) as refunds, (sum(amount) * 0.01)::numeric(18, 2) as amount,
       min(seconds) filter (where upto >= ceil(0.5::float8 * total::float8)) as median_seconds
from places
group by 1, 2, 3
order by 1, 2, 3
