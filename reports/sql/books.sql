select b.unbalanced, b.difference, coalesce(max(f.behind_seconds), 0) as behind_seconds, coalesce(sum(f.parked_keys), 0) as parked_keys
from analytics.ledger_balance b
left join analytics.freshness f on true
group by 1, 2
