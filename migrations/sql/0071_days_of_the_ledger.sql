-- What moved on each account on each local day is summed with the ranges of positions (0044), so that months and balances of the whole
-- ledger cost its days and the lines after the last range, not all lines.

-- What the views call the account of a line; see 0041, where analysts read it.
create view payment_ledger_lines as
select l.generation, l.position, l.line, account.word, l.account, l.subject_id, l.kind, l.amount, l.currency, l.booking_id, l.payment_id,
       l.transfer_id, l.at
from payment_ledger l
cross join lateral (
    select case
        when l.account <> 'clinic_revenue' then l.account
        when l.kind = 'refunded' and exists (
            select from payment_ledger__payments p
            cross join jsonb_to_recordset(p.refunds) as r (amount jsonb, reason text, ended_at timestamptz)
            where p.generation = l.generation and p.payment_id = l.payment_id
              and r.reason in ('goodwill', 'complaint', 'mistake') and (r.amount ->> 'minor')::bigint = l.amount
              -- The log's times are finer than a column's.
              and abs(extract(epoch from r.ended_at - l.at)) < 0.001
        ) then 'refund_costs'
        else 'patient_advances'
    end as word
) account;

-- Whoever sums reads no table of analysts. With a limit, so that nobody writes through it.
create view platform_zone as select s.zone from analytics_private.settings s limit 1;

create table payment_ledger_days (
    generation int not null,
    upto_position bigint not null,
    -- Local to the zone of that time; another zone begins all ranges anew.
    day date not null,
    account text not null,
    debit bigint not null check (debit >= 0),
    credit bigint not null check (credit >= 0),
    primary key (generation, upto_position, day, account),
    foreign key (generation, upto_position) references payment_ledger_ranges on delete cascade
);

-- Ranges without days are summed again; until then statements add up their lines.
delete from payment_ledger_ranges;
-- How many of its facts do not sum to nothing: none, ever.
alter table payment_ledger_ranges add column unbalanced bigint not null;

create or replace function sum_ledger_range(of_generation integer, size bigint) returns boolean
language plpgsql as $$
declare
    after bigint;
    upto bigint;
    head bigint;
    local_zone text;
begin
    if not pg_try_advisory_xact_lock(hashtextextended('ranges of payment_ledger', of_generation)) then
        return false;
    end if;
    select z.zone into local_zone from platform_zone z;
    select coalesce(max(r.upto_position), 0) into after from payment_ledger_ranges r where r.generation = of_generation;
    upto := after + size;
    select coalesce(max(e.position), 0) into head from events e;
    with range as (
        insert into payment_ledger_ranges (generation, after_position, upto_position, unbalanced)
        select of_generation, after, upto, (
            select count(*) from (
                select from payment_ledger l
                where l.generation = of_generation and l.position > after and l.position <= upto
                group by l.position
                having sum(l.amount) <> 0
            ) fact
        )
        where not exists (
                select from current_checkpoints c
                where c.consumer = 'payment_ledger' and c.generation = of_generation and c.position < upto
                  and (head < upto or exists (select from events e
                                              where e.shard = c.shard and e.position > c.position and e.position <= upto)))
          and not exists (select from parked p
                          where p.consumer = 'payment_ledger' and p.generation = of_generation and p.from_position <= upto)
        returning upto_position
    ), moved as (
        select l.account, l.currency, l.subject_id, sum(l.amount)::bigint as amount, count(*) as lines,
               min(l.at) as first_at, max(l.at) as last_at
        from payment_ledger l
        where l.generation = of_generation and l.position > after and l.position <= upto and exists (select from range)
        group by l.account, l.currency, l.subject_id
    ), days as (
        insert into payment_ledger_days (generation, upto_position, day, account, debit, credit)
        select of_generation, upto, (l.at at time zone local_zone)::date, l.word,
               coalesce(sum(l.amount) filter (where l.amount > 0), 0)::bigint,
               coalesce(-sum(l.amount) filter (where l.amount < 0), 0)::bigint
        from payment_ledger_lines l
        where l.generation = of_generation and l.position > after and l.position <= upto and exists (select from range)
        group by 3, 4
    )
    insert into payment_ledger_sums
        (generation, after_position, upto_position, account, currency, amount, lines, new_subjects, first_at, last_at)
    select of_generation, after, upto, m.account, m.currency, sum(m.amount)::bigint, sum(m.lines)::bigint,
           count(m.subject_id) filter (where not exists (
               select from payment_ledger e
               where e.generation = of_generation and e.account = m.account and e.subject_id = m.subject_id and e.position <= after)),
           min(m.first_at), max(m.last_at)
    from moved m
    group by m.account, m.currency;
    return exists (select from payment_ledger_ranges r where r.generation = of_generation and r.upto_position = upto);
end $$;

-- Days of another zone are other days.
create function analytics_private.forget_days() returns trigger language plpgsql as $$
begin
    delete from public.payment_ledger_ranges;
    return null;
end $$;
create trigger days_are_forgotten after update of zone on analytics_private.settings
    for each row when (old.zone is distinct from new.zone) execute function analytics_private.forget_days();

create or replace view analytics.ledger_lines with (security_barrier) as
select l.position,
       l.line,
       l.word as account,
       case
           when l.word = 'commission' then 'income'
           when l.word in ('provider_fees', 'refund_costs') then 'expense'
           when l.word like '%\_clearing' then 'asset'
           else 'liability'
       end as account_type,
       l.kind,
       (l.amount * 0.01)::numeric(14, 2) as amount,
       l.booking_id,
       l.payment_id,
       l.transfer_id,
       case when l.account = 'doctor_payable' then l.subject_id end as doctor_id,
       case when l.account = 'wallet_liability' then
           encode(substr(sha256((select k.key from analytics_private.pseudonym_key k) || uuid_send(l.subject_id)), 1, 16), 'hex')
       end as patient_key,
       l.at as recorded_at,
       (l.at at time zone z.zone)::date as recorded_date
from payment_ledger_lines l
cross join analytics_private.settings z
where l.generation = (select live.generation from analytics_private.live live where live.model = 'payment_ledger')
  and ((select s.sees_all from analytics_private.scope s)
       or l.booking_id in (select b.booking_id from bookings b
                           where b.generation = (select live.generation from analytics_private.live live where live.model = 'bookings')
                             and b.clinic_id = (select s.clinic_id from analytics_private.scope s))
       or (l.account = 'doctor_payable'
           and l.subject_id in (select d.doctor_id from identity.doctor_profiles d
                                where d.clinic_id = (select s.clinic_id from analytics_private.scope s))));

-- Of whoever sees everything: what is summed, and the lines behind it. A clinic's is added up from its own lines.
create view analytics.ledger_daily with (security_barrier) as
select m.day,
       m.account,
       case
           when m.account = 'commission' then 'income'
           when m.account in ('provider_fees', 'refund_costs') then 'expense'
           when m.account like '%\_clearing' then 'asset'
           else 'liability'
       end as account_type,
       (sum(m.debit) * 0.01)::numeric(14, 2) as debit,
       (sum(m.credit) * 0.01)::numeric(14, 2) as credit,
       ((sum(m.debit) - sum(m.credit)) * 0.01)::numeric(14, 2) as net
from (
    select d.day, d.account, d.debit, d.credit
    from payment_ledger_days d
    where d.generation = (select live.generation from analytics_private.live live where live.model = 'payment_ledger')
      and (select s.sees_all from analytics_private.scope s)
    union all
    select (l.at at time zone z.zone)::date, l.word, greatest(l.amount, 0), greatest(-l.amount, 0)
    from payment_ledger_lines l
    cross join analytics_private.settings z
    where l.generation = (select live.generation from analytics_private.live live where live.model = 'payment_ledger')
      and l.position > (select coalesce(max(r.upto_position), 0) from payment_ledger_ranges r
                        where r.generation = (select live.generation from analytics_private.live live
                                              where live.model = 'payment_ledger'))
      -- All of them; between two bounds few are expected, and the key finds them.
      and l.position <= (select coalesce(max(e.position), 9223372036854775807) from events e)
      and (select s.sees_all from analytics_private.scope s)
    union all
    select l.recorded_date, l.account, greatest(l.amount * 100, 0)::bigint, greatest(-l.amount * 100, 0)::bigint
    from analytics.ledger_lines l
    where (select not s.sees_all from analytics_private.scope s)
) m
group by m.day, m.account;

comment on view analytics.ledger_daily is
    'One row for each account and local day on which it moved. Costs the days, not the lines.';
comment on column analytics.ledger_daily.day is 'The local day.';
comment on column analytics.ledger_daily.account is 'As in ledger_lines; all owners, doctors and bookings together.';
comment on column analytics.ledger_daily.account_type is 'As in ledger_lines.';
comment on column analytics.ledger_daily.debit is 'Sum of the debits, rubles, positive.';
comment on column analytics.ledger_daily.credit is 'Sum of the credits, rubles, positive.';
comment on column analytics.ledger_daily.net is 'debit - credit, rubles.';

create or replace view analytics.ledger_monthly with (security_barrier) as
select m.month,
       m.account,
       m.account_type,
       m.debit,
       m.credit,
       m.net,
       (sum(m.net) over (partition by m.account order by m.month))::numeric(14, 2) as closing_balance
from (
    select date_trunc('month', d.day::timestamp)::date as month,
           d.account,
           d.account_type,
           sum(d.debit)::numeric(14, 2) as debit,
           sum(d.credit)::numeric(14, 2) as credit,
           sum(d.net)::numeric(14, 2) as net
    from analytics.ledger_daily d
    group by 1, 2, 3
) m;
comment on view analytics.ledger_monthly is
    'One row for each account and local month in which it moved. Costs the days of the ledger, not its lines.';

-- A part of the ledger need not balance: whoever does not see all of it sees no row.
create view analytics.ledger_balance with (security_barrier) as
select (ranges.unbalanced + lines.unbalanced)::bigint as unbalanced,
       ((ranges.amount + lines.amount) * 0.01)::numeric(14, 2) as difference
from (
    select coalesce((select sum(r.unbalanced) from payment_ledger_ranges r where r.generation = of.generation), 0) as unbalanced,
           coalesce((select sum(d.debit) - sum(d.credit) from payment_ledger_days d where d.generation = of.generation), 0) as amount
    from (select live.generation from analytics_private.live live where live.model = 'payment_ledger') of
) ranges
cross join (
    select count(*) filter (where f.amount <> 0) as unbalanced, coalesce(sum(f.amount), 0) as amount
    from (
        select sum(l.amount) as amount
        from payment_ledger l
        where l.generation = (select live.generation from analytics_private.live live where live.model = 'payment_ledger')
          and l.position > (select coalesce(max(r.upto_position), 0) from payment_ledger_ranges r
                            where r.generation = (select live.generation from analytics_private.live live
                                                  where live.model = 'payment_ledger'))
          and l.position <= (select coalesce(max(e.position), 9223372036854775807) from events e)
        group by l.position
    ) f
) lines
where (select s.sees_all from analytics_private.scope s);

comment on view analytics.ledger_balance is
    'One row: whether the books balance. None for a clinic, which does not see all of them.';
comment on column analytics.ledger_balance.unbalanced is 'How many facts there are whose lines do not sum to zero: 0.';
comment on column analytics.ledger_balance.difference is 'The sum of all lines, rubles: 0.00.';

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
       floor(extract(epoch from clock_timestamp() - coalesce(waiting.recorded_at, clock_timestamp())))::bigint as behind_seconds,
       (select count(*) from parked p where p.consumer = l.model and p.generation = l.generation) as parked_keys
from analytics_private.live l
left join lateral (select e.position from events e order by e.position desc limit 1) head on true
left join lateral (
    select next.position, next.recorded_at
    from current_checkpoints c
    cross join lateral (select e.position, e.recorded_at from events e
                        where e.shard = c.shard and e.position > c.position order by e.position limit 1) next
    where c.consumer = l.model and c.generation = l.generation
    order by next.position limit 1
) waiting on true
where l.model in ('bookings', 'payment_ledger', 'provider_payments', 'payouts', 'open_slots');
