select d.price_class, count(*) as visits,
       count(*) filter (where b.arrived_at > b.starts_at + interval '10 minutes') as late,
       round(100.0 * count(*) filter (where b.arrived_at > b.starts_at + interval '10 minutes') / count(*), 1) as percent
from analytics.bookings b
join analytics.dim_doctor d using (doctor_id)
where b.call_type = 'scheduled' and b.arrived_at is not null and b.requested_date between '2025-01-01' and '2025-12-31'
  -- and b.clinic_id = :clinic
  -- and b.doctor_id = :doctor
group by 1
order by 1
