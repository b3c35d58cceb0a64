select clinic_id, to_char(day, 'YYYY"Q"Q') as quarter, sum(bookings) as earning_bookings,
       (sum(doctors_share) * 0.01)::numeric(14, 2) as doctors_share, (sum(commission) * 0.01)::numeric(14, 2) as commission
from earning_days
where day between '2025-01-01' and '2025-12-31'
  -- and clinic_id = :clinic
  -- and doctor_id = :doctor
group by 1, 2
order by 1, 2
