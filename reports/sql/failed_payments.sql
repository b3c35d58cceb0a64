select p.method, p.failure_code, count(*) as failed, count(b.secured_at) as paid_after_all
from analytics.payments p
join analytics.bookings b using (booking_id)
where p.status = 'failed' and p.started_date between '2025-01-01' and '2025-12-31'
  -- and p.method = :method
group by 1, 2
order by 1, 2
