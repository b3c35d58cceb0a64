select to_char(h.month, 'YYYY-MM') as month, d.speciality, h.doctor_id, h.open_seconds, h.booked_seconds,
       round(100.0 * h.booked_seconds / nullif(h.open_seconds, 0), 1) as percent
from (
    select date_trunc('month', s.day::timestamp) as month, s.doctor_id, sum(s.opened_seconds - s.blocked_seconds) as open_seconds,
           sum(s.booked_seconds - s.urgent_seconds) as booked_seconds
    from doctor_days s
    where s.day between '2025-01-01' and '2025-12-31'
      and s.doctor_id in (
        select c.doctor_id from analytics.dim_doctor c where true
        -- and c.clinic_id = :clinic
      )
      -- and s.doctor_id = :doctor
    group by 1, 2
) h
join analytics.dim_doctor d using (doctor_id)
order by 1, 2, 3
