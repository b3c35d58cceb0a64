select cancelled_by_role, cancel_reason, sum(bookings) as cancelled, (sum(fees) * 0.01)::numeric(14, 2) as fees
from booking_days
where status = 'cancelled' and day between '2025-01-01' and '2025-12-31'
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
order by 3 desc, 1, 2
