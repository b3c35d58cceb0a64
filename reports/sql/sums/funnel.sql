select to_char(day, 'YYYY-MM') as month, call_type, sum(bookings) as requested, sum(paid) as paid, sum(assigned) as assigned,
       sum(arrived) as arrived, sum(completed) as completed
from booking_days
where day between '2025-01-01' and '2025-12-31'
  and (doctor_id is null
    -- and false or doctor_id = :doctor
  )
  and (clinic_id is null
    -- or doctor_id = :doctor
    -- or clinic_id = :clinic
  )
  -- and clinic_id = :clinic
  -- and call_type = :call_type
group by 1, 2
order by 1, 2
