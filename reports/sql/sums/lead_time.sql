select ahead, sum(paid) as paid, coalesce(sum(paid) filter (where status = 'cancelled'), 0) as cancelled
from booking_days
where call_type <> 'urgent' and paid > 0 and day between '2025-01-01' and '2025-12-31'
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
