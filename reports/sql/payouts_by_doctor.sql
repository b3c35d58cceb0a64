select to_char(requested_date, 'YYYY-MM') as month, doctor_id,
       coalesce(sum(amount) filter (where status = 'paid'), 0)::numeric(14, 2) as paid_out,
       count(*) filter (where status = 'cancelled') as came_to_nothing
from analytics.payouts
where purpose = 'doctor_earnings' and requested_date between '2025-01-01' and '2025-12-31'
  -- and doctor_id = :doctor
group by 1, 2
order by 1, 2
