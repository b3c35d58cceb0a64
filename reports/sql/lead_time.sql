select case
           when starts_at - requested_at < interval '6 hours' then '1. below 6 hours'
           when starts_at - requested_at < interval '1 day' then '2. below a day'
           when starts_at - requested_at < interval '3 days' then '3. below 3 days'
           else '4. 3 days and more'
       end as ahead,
       count(*) as paid, count(*) filter (where status = 'cancelled') as cancelled
from analytics.bookings
where call_type <> 'urgent' and secured_at is not null and requested_date between '2025-01-01' and '2025-12-31'
  -- and clinic_id = :clinic
  -- and doctor_id = :doctor
  -- and call_type = :call_type
group by 1
order by 1
