select to_char(month, 'YYYY-MM') as month,
       coalesce(sum(credit) filter (where account = 'patient_advances'), 0)::numeric(14, 2) as taken,
       coalesce(sum(credit) filter (where account = 'commission'), 0)::numeric(14, 2) as commission,
       coalesce(sum(debit) filter (where account = 'provider_fees'), 0)::numeric(14, 2) as known_provider_fees,
       coalesce(sum(debit) filter (where account = 'refund_costs'), 0)::numeric(14, 2) as refund_costs,
       (-sum(closing_balance) filter (where account = 'patient_advances'))::numeric(14, 2) as advances_at_the_end
from analytics.ledger_monthly
where month between date_trunc('month', '2025-01-01'::timestamp) and '2025-12-31'
group by 1
order by 1
