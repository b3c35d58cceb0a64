select method, provider, (sum(captured) * 0.01)::numeric(18, 2) as captured, (sum(refunded) * 0.01)::numeric(18, 2) as refunded,
       (sum(known_fees) * 0.01)::numeric(18, 2) as known_fees, (sum(net) * 0.01)::numeric(18, 2) as net,
       (sum(before_unknown_fees) * 0.01)::numeric(14, 2) as before_unknown_fees
from payment_days
where captured_date between '2025-01-01' and '2025-12-31'
  -- and method = :method
group by 1, 2
order by 1, 2
