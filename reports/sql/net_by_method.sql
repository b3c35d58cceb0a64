select method, provider, sum(captured) as captured, sum(refunded) as refunded, sum(provider_fee) as known_fees, sum(net) as net,
       coalesce(sum(captured - refunded) filter (where provider_fee is null), 0)::numeric(14, 2) as before_unknown_fees
from analytics.payments
where purpose = 'booking' and captured_date between '2025-01-01' and '2025-12-31'
  -- and method = :method
group by 1, 2
order by 1, 2
