select to_char(d.month, 'YYYY-MM') as month, d.assigned, doctor.median_seconds as seconds_to_doctor, d.arrived,
       arrival.median_seconds as seconds_to_arrival
from (
    select date_trunc('month', day::timestamp)::date as month, sum(assigned) as assigned, sum(arrived) as arrived
    from booking_days
    where call_type = 'urgent' and day between '2025-01-01' and '2025-12-31'
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
left join booking_waits('to_doctor', '2025-01-01', '2025-12-31', true, coalesce(null::uuid
    -- , :clinic
), coalesce(null::uuid
    -- , :doctor
)) doctor on doctor.month = d.month
left join booking_waits('to_arrival', '2025-01-01', '2025-12-31', true, coalesce(null::uuid
    -- , :clinic
), coalesce(null::uuid
    -- , :doctor
)) arrival on arrival.month = d.month
order by 1
