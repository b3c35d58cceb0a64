-- While nothing waits, the two readings of the clock came to -1 s: what is read first is the earlier.
create or replace view analytics.freshness with (security_barrier) as
select l.model,
       case l.model
           when 'bookings' then 'bookings, transitions, assignments, dim_patient, doctor_hours, districts'
           when 'payment_ledger' then 'payments, refunds, ledger_lines, ledger_daily, ledger_monthly, ledger_balance'
           when 'provider_payments' then 'payments'
           when 'payouts' then 'payouts'
           when 'open_slots' then 'doctor_hours'
       end as feeds,
       l.generation,
       l.schema_version,
       coalesce(waiting.position - 1, head.position, 0) as shown_position,
       coalesce(head.position, 0) as head_position,
       coalesce(waiting.recorded_at, clock_timestamp()) as as_of_at,
       -- Facts are stamped by the database's clock, too, but read here a moment apart.
       greatest(floor(extract(epoch from clock_timestamp() - coalesce(waiting.recorded_at, clock_timestamp()))), 0)::bigint
           as behind_seconds,
       (select count(*) from parked p where p.consumer = l.model and p.generation = l.generation) as parked_keys
from analytics_private.live l
left join lateral (select e.position from events e order by e.position desc limit 1) head on true
left join lateral (
    select next.position, next.recorded_at
    from analytics_private.current_checkpoints c
    cross join lateral (select e.position, e.recorded_at from events e
                        where e.shard = c.shard and e.position > c.position order by e.position limit 1) next
    where c.consumer = l.model and c.generation = l.generation
    order by next.position limit 1
) waiting on true
where l.model in ('bookings', 'payment_ledger', 'provider_payments', 'payouts', 'open_slots');
