select call_type, speciality, sum(visits) as visits, sum(no_shows) as no_shows, round(100.0 * sum(no_shows) / sum(visits), 1) as percent
from booking_day_visits
where visits > 0 and day between '2025-01-01' and '2025-12-31'
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
