select moment as day, status, sum(bookings) as bookings
from booking_day_moments
where date_trunc('month', moment::timestamp) between date_trunc('month', '2025-01-01'::timestamp) and '2025-12-31'
  and (clinic_id is null
    -- and false or clinic_id = :clinic
  )
  -- and call_type = :call_type
group by 1, 2
order by 1, 2
