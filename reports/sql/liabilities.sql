select to_char(m.month, 'YYYY-MM') as month, d.account, (-sum(d.net))::numeric(14, 2) as owed
from generate_series(date_trunc('month', '2025-01-01'::timestamp), '2025-12-31'::timestamp, '1 month') as m (month)
join analytics.ledger_daily d on d.day < m.month + interval '1 month'
where d.account_type = 'liability'
group by 1, 2
having sum(d.net) <> 0
order by 1, 2
