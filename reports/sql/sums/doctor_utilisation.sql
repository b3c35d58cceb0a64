select to_char(h.month, 'YYYY-MM') as month, d.speciality, h.doctor_id, h.open_seconds, h.booked_seconds,
       round(100.0 * h.booked_seconds / nullif(h.open_seconds, 0), 1) as percent
from (
    select date_trunc('month', day::timestamp) as month, doctor_id, sum(opened_seconds - blocked_seconds) as open_seconds,
           sum(booked_seconds - urgent_seconds) as booked_seconds
    from doctor_days
    where day between '2025-01-01' and '2025-12-31'
    group by 1, 2
) h
join analytics.dim_doctor d using (doctor_id)
where true
  -- and d.clinic_id = :clinic
  -- and h.doctor_id = :doctor
order by 1, 2, 3
