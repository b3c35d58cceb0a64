select d.call_type, d.requested, d.paid, w.median_seconds, w.p90_seconds
from (
    select call_type, sum(bookings) as requested, sum(paid) as paid
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
    group by 1
) d
left join booking_waits('to_payment', '2025-01-01', '2025-12-31', false, coalesce(null::uuid
    -- , :clinic
), coalesce(null::uuid
    -- , :doctor
)) w on w.part = d.call_type
order by 1
