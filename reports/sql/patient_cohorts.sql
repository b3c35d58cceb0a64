with paid as (
    select patient_key, extract(year from secured_date)::int * 12 + extract(month from secured_date)::int as month,
           min(secured_date) over (partition by patient_key) as first_date
    from analytics.bookings
    where secured_at is not null
      -- and clinic_id = :clinic
      -- and doctor_id = :doctor
      -- and call_type = :call_type
), cohorts as (
    select distinct patient_key, month, min(month) over (partition by patient_key) as cohort
    from paid
    where first_date between '2025-01-01' and '2025-12-31'
)
select to_char(make_date((cohort - 1) / 12, (cohort - 1) % 12 + 1, 1), 'YYYY-MM') as first_month,
       month - cohort as months_later, count(*) as patients
from cohorts
group by 1, 2
order by 1, 2
