select b.clinic_id, to_char(l.recorded_date, 'YYYY"Q"Q') as quarter, count(distinct l.booking_id) as earning_bookings,
       (-sum(l.amount) filter (where l.account = 'doctor_payable'))::numeric(14, 2) as doctors_share,
       (-sum(l.amount) filter (where l.account = 'commission'))::numeric(14, 2) as commission
from analytics.ledger_lines l
join analytics.bookings b using (booking_id)
where l.kind = 'earned' and l.recorded_date between '2025-01-01' and '2025-12-31'
  -- and b.clinic_id = :clinic
  -- and b.doctor_id = :doctor
group by 1, 2
order by 1, 2
