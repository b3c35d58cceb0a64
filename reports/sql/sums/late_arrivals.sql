select price_class, sum(arrived) as visits, sum(late) as late, round(100.0 * sum(late) / sum(arrived), 1) as percent
from booking_day_visits
where call_type = 'scheduled' and arrived > 0 and day between '2025-01-01' and '2025-12-31'
  and (doctor_id is null
    -- and false or doctor_id = :doctor
  )
  and (clinic_id is null
    -- or doctor_id = :doctor
    -- or clinic_id = :clinic
  )
  -- and clinic_id = :clinic
group by 1
order by 1
