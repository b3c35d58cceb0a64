select to_char(h.local_date, 'YYYY-MM') as month, d.speciality, h.doctor_id,
       sum(h.opened_seconds - h.blocked_seconds) as open_seconds,
       sum(h.booked_seconds - h.urgent_seconds) as booked_seconds,
       round(100.0 * sum(h.booked_seconds - h.urgent_seconds) / nullif(sum(h.opened_seconds - h.blocked_seconds), 0), 1) as percent
from analytics.doctor_hours h
join analytics.dim_doctor d using (doctor_id)
where h.local_date between '2025-01-01' and '2025-12-31'
  -- and h.clinic_id = :clinic
  -- and h.doctor_id = :doctor
group by 1, 2, 3
order by 1, 2, 3
