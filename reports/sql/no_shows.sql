select b.call_type, d.speciality, count(*) as visits, count(*) filter (where b.status = 'no_show') as no_shows,
       round(100.0 * count(*) filter (where b.status = 'no_show') / count(*), 1) as percent
from analytics.bookings b
join analytics.dim_doctor d using (doctor_id)
where b.status in ('completed', 'no_show') and b.requested_date between '2025-01-01' and '2025-12-31'
  -- and b.clinic_id = :clinic
  -- and b.doctor_id = :doctor
  -- and b.call_type = :call_type
group by 1, 2
order by 1, 2
