select to_char(requested_date, 'YYYY-MM') as month,
       count(first_assigned_at) as assigned,
       percentile_disc(0.5) within group (order by extract(epoch from first_assigned_at - requested_at)::int) as seconds_to_doctor,
       count(arrived_at) as arrived,
       percentile_disc(0.5) within group (order by extract(epoch from arrived_at - requested_at)::int) as seconds_to_arrival
from analytics.bookings
where call_type = 'urgent' and requested_date between '2025-01-01' and '2025-12-31'
  -- and clinic_id = :clinic
  -- and doctor_id = :doctor
group by 1
order by 1
