select d.hour, d.paid, d.arrived, d.given_up, w.median_seconds
from (
    select hour, sum(paid) as paid, sum(arrived) as arrived, sum(gave_up) as given_up
    from booking_day_hours
    where day between '2025-01-01' and '2025-12-31'
      and (doctor_id is null
        -- and false or doctor_id = :doctor
      )
      and (clinic_id is null
        -- or doctor_id = :doctor
        -- or clinic_id = :clinic
      )
      -- and clinic_id = :clinic
    group by 1
) d
left join booking_waits('payment_to_arrival', '2025-01-01', '2025-12-31', false, coalesce(null::uuid
    -- , :clinic
), coalesce(null::uuid
    -- , :doctor
)) w on w.part = d.hour::text
order by 1
