select day as requested_date, call_type, status, sum(bookings) as bookings
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
group by 1, 2, 3
order by 1, 2, 3
