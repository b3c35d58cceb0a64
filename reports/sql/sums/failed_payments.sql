select method, failure_code, sum(failed) as failed, sum(paid_after_all) as paid_after_all
from payment_day_failures
where day between '2025-01-01' and '2025-12-31'
  -- and method = :method
group by 1, 2
order by 1, 2
