select call_type, sum(assignments) as assignments, sum(bookings) as bookings, sum(taken_off) as taken_off, sum(by_doctor) as by_doctor,
       sum(moved_to_another) as moved_to_another
from booking_day_assignments
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
group by 1
order by 1
