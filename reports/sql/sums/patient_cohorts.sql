with firsts as (
    select extract(year from first_date)::int * 12 + extract(month from first_date)::int as cohort,
           date_trunc('month', first_date::timestamp) as first_month, month, patients
    from booking_cohorts
    where first_date between '2025-01-01' and '2025-12-31' and (
        call_type = 'any'
        -- and false or call_type = :call_type
    ) and (
        clinic_id is null
        -- and false or clinic_id = :clinic
    )
)
select to_char(first_month, 'YYYY-MM') as first_month, month - cohort as months_later, sum(patients) as patients
from firsts
group by 1, 2
having sum(patients) > 0
order by 1, 2
