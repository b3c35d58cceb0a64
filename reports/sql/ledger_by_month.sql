select to_char(month, 'YYYY-MM') as month, account, account_type, debit, credit, closing_balance
from analytics.ledger_monthly
where month between date_trunc('month', '2025-01-01'::timestamp) and '2025-12-31'
order by 1, 2
