select to_char(month, 'YYYY-MM') as month, south, west, patients, bookings, urgent_bookings, completed_bookings
from district_months
where month between date_trunc('month', '2025-01-01'::timestamp) and '2025-12-31'
order by 1, 2, 3
