-- Money for analysts: payments, refunds, payouts and the ledger, in rubles. Kopecks times 0.01 is exact in numeric.

create view analytics.payments with (security_barrier) as
select p.payment_id,
       p.booking_id,
       encode(substr(sha256((select k.key from analytics_private.pseudonym_key k) || uuid_send(p.patient_id)), 1, 16), 'hex')
           as patient_key,
       case when p.booking_id is null then 'deposit' else 'booking' end as purpose,
       p.method,
       p.provider,
       p.status,
       p.checking as is_checking,
       (p.amount * 0.01)::numeric(14, 2) as amount,
       (p.held * 0.01)::numeric(14, 2) as held,
       (p.captured * 0.01)::numeric(14, 2) as captured,
       (p.refunded * 0.01)::numeric(14, 2) as refunded,
       (fee.minor * 0.01)::numeric(14, 2) as provider_fee,
       ((p.captured - p.refunded - fee.minor) * 0.01)::numeric(14, 2) as net,
       p.failure as failure_code,
       p.started_at,
       (p.started_at at time zone z.zone)::date as started_date,
       p.authorised_at,
       p.captured_at,
       (p.captured_at at time zone z.zone)::date as captured_date,
       p.ended_at,
       p.refunded_at,
       (p.refunded_at at time zone z.zone)::date as refunded_date
from payment_ledger__payments p
cross join analytics_private.settings z
left join provider_payments carried
       on carried.payment_id = p.payment_id
      and carried.generation = (select l.generation from analytics_private.live l where l.model = 'provider_payments')
cross join lateral (
    -- What nobody has told is not zero.
    select case when p.method = 'wallet' or p.captured = 0 then 0 else p.captured - carried.income end as minor
) fee
where p.generation = (select l.generation from analytics_private.live l where l.model = 'payment_ledger')
  and ((select s.sees_all from analytics_private.scope s)
       or p.booking_id in (select b.booking_id from bookings b
                           where b.generation = (select l.generation from analytics_private.live l where l.model = 'bookings')
                             and b.clinic_id = (select s.clinic_id from analytics_private.scope s)));

comment on view analytics.payments is
    'One row for each attempt to pay for a booking or into a wallet. From the read models payment_ledger and provider_payments. '
    'Indexed: payment_id, booking_id, started_at.';
comment on column analytics.payments.payment_id is 'The payment, as in the API.';
comment on column analytics.payments.booking_id is 'The booking it is for; null for a deposit into a wallet.';
comment on column analytics.payments.patient_key is 'Pseudonym of who pays; of a deposit, whose wallet it is.';
comment on column analytics.payments.purpose is 'booking or deposit.';
comment on column analytics.payments.method is 'yookassa (card), sbp (faster payments) or wallet.';
comment on column analytics.payments.provider is 'yookassa or tbank; null for a wallet and until it is decided.';
comment on column analytics.payments.status is
    'pending, authorised, completed (captured), failed, cancelled, partially_refunded or refunded.';
comment on column analytics.payments.is_checking is 'Whether what became of the last request is not known yet.';
comment on column analytics.payments.amount is 'What was to be paid, rubles.';
comment on column analytics.payments.held is 'Held and neither taken nor given up, rubles.';
comment on column analytics.payments.captured is 'Taken, rubles; refunds are not subtracted.';
comment on column analytics.payments.refunded is 'Given back of what was taken, rubles.';
comment on column analytics.payments.provider_fee is
    'What the provider kept, rubles; 0 for wallets and where nothing was taken; null where the provider has not told (T-Bank never '
    'does).';
comment on column analytics.payments.net is 'captured - refunded - provider_fee, rubles; null where the fee is not known.';
comment on column analytics.payments.failure_code is 'Why it was declined: a stable code.';
comment on column analytics.payments.started_at is 'When it began. Indexed.';
comment on column analytics.payments.started_date is 'The same as a local date.';
comment on column analytics.payments.authorised_at is 'When the money was held.';
comment on column analytics.payments.captured_at is 'When it was taken.';
comment on column analytics.payments.captured_date is 'The same as a local date.';
comment on column analytics.payments.ended_at is 'When it failed or was cancelled.';
comment on column analytics.payments.refunded_at is 'When money last went back.';
comment on column analytics.payments.refunded_date is 'The same as a local date.';

create view analytics.refunds with (security_barrier) as
select p.payment_id,
       r.number,
       p.booking_id,
       encode(substr(sha256((select k.key from analytics_private.pseudonym_key k) || uuid_send(p.patient_id)), 1, 16), 'hex')
           as patient_key,
       p.method,
       p.provider,
       ((r.amount ->> 'minor')::bigint * 0.01)::numeric(14, 2) as amount,
       r.stage,
       r.reason,
       (select coalesce(e.payload -> e.event_type -> 'by' -> 'person' ->> 'role', 'process') from events e
        where e.aggregate_type = 'payment' and e.aggregate_id = p.payment_id::text
          and e.event_type in ('PaymentRefundRequested', 'PaymentRefunded')
          and (e.payload -> e.event_type ->> 'number')::int = r.number
        order by e.sequence limit 1) as requested_by_role,
       r.requested_at,
       (r.requested_at at time zone z.zone)::date as requested_date,
       r.ended_at,
       (r.ended_at at time zone z.zone)::date as ended_date
from payment_ledger__payments p
cross join analytics_private.settings z
cross join lateral jsonb_to_recordset(p.refunds)
    as r (number int, amount jsonb, stage text, reason text, requested_at timestamptz, ended_at timestamptz)
where p.refunds is not null
  and p.generation = (select l.generation from analytics_private.live l where l.model = 'payment_ledger')
  and ((select s.sees_all from analytics_private.scope s)
       or p.booking_id in (select b.booking_id from bookings b
                           where b.generation = (select l.generation from analytics_private.live l where l.model = 'bookings')
                             and b.clinic_id = (select s.clinic_id from analytics_private.scope s)));

comment on view analytics.refunds is 'One row for each refund of a payment, whatever became of it. From the read model payment_ledger.';
comment on column analytics.refunds.payment_id is 'The payment.';
comment on column analytics.refunds.number is 'The place among the payment''s refunds, from 1.';
comment on column analytics.refunds.booking_id is 'The booking of the payment; null for a deposit.';
comment on column analytics.refunds.patient_key is 'Pseudonym of who gets the money.';
comment on column analytics.refunds.method is 'As in payments.';
comment on column analytics.refunds.provider is 'As in payments.';
comment on column analytics.refunds.amount is 'How much, rubles. It has gone back only where stage is succeeded.';
comment on column analytics.refunds.stage is 'requested, pending (the provider has it), succeeded or cancelled (nothing came of it).';
comment on column analytics.refunds.reason is 'settlement (all but what is due), late_payment, goodwill, complaint or mistake.';
comment on column analytics.refunds.requested_by_role is 'Who asked for it: admin, or process. Looks into the log, once per row.';
comment on column analytics.refunds.requested_at is 'When it was asked for.';
comment on column analytics.refunds.requested_date is 'The same as a local date.';
comment on column analytics.refunds.ended_at is 'When the money was back, or nothing came of it; null until then.';
comment on column analytics.refunds.ended_date is 'The same as a local date.';

create view analytics.payouts with (security_barrier) as
select p.payout_id,
       p.purpose,
       case when p.purpose = 'doctor_earnings' then p.owner_id end as doctor_id,
       case when p.purpose <> 'doctor_earnings' then
           encode(substr(sha256((select k.key from analytics_private.pseudonym_key k) || uuid_send(p.owner_id)), 1, 16), 'hex')
       end as patient_key,
       (p.amount * 0.01)::numeric(14, 2) as amount,
       p.status,
       p.checking as is_checking,
       p.code as failure_code,
       p.requested_at,
       (p.requested_at at time zone z.zone)::date as requested_date,
       p.ended_at,
       (p.ended_at at time zone z.zone)::date as ended_date
from payouts p
cross join analytics_private.settings z
where p.generation = (select l.generation from analytics_private.live l where l.model = 'payouts')
  and ((select s.sees_all from analytics_private.scope s)
       or (p.purpose = 'doctor_earnings'
           and p.owner_id in (select d.doctor_id from identity.doctor_profiles d
                              where d.clinic_id = (select s.clinic_id from analytics_private.scope s))));

comment on view analytics.payouts is
    'One row for each payout to a doctor''s or patient''s bank. From the read model payouts. A clinic sees those of its present doctors. '
    'Indexed: payout_id, requested_at.';
comment on column analytics.payouts.payout_id is 'The payout, as in the API.';
comment on column analytics.payouts.purpose is 'doctor_earnings or wallet_withdrawal.';
comment on column analytics.payouts.doctor_id is 'The doctor, of earnings; else null.';
comment on column analytics.payouts.patient_key is 'Pseudonym of the wallet''s owner, of a withdrawal; else null.';
comment on column analytics.payouts.amount is 'How much, rubles.';
comment on column analytics.payouts.status is 'pending, paid or cancelled (the money is back in the wallet).';
comment on column analytics.payouts.is_checking is 'Whether what became of the last request is not known yet.';
comment on column analytics.payouts.failure_code is 'Why it came to nothing, as a code.';
comment on column analytics.payouts.requested_at is 'When it was asked for. Indexed.';
comment on column analytics.payouts.requested_date is 'The same as a local date.';
comment on column analytics.payouts.ended_at is 'When it arrived or came to nothing.';
comment on column analytics.payouts.ended_date is 'The same as a local date.';

-- `clinic_revenue` is neither a clinic's nor revenue: taken money that no visit has earned yet. It is called so here. What an admin
-- gives back comes out of it too, though the visit has earned it: that is a cost of the platform, and has its own name here.
create view analytics.ledger_lines with (security_barrier) as
select l.position,
       l.line,
       account.word as account,
       case
           when account.word = 'commission' then 'income'
           when account.word in ('provider_fees', 'refund_costs') then 'expense'
           when account.word like '%\_clearing' then 'asset'
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
from payment_ledger l
cross join analytics_private.settings z
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
) account
where l.generation = (select live.generation from analytics_private.live live where live.model = 'payment_ledger')
  and ((select s.sees_all from analytics_private.scope s)
       or l.booking_id in (select b.booking_id from bookings b
                           where b.generation = (select live.generation from analytics_private.live live where live.model = 'bookings')
                             and b.clinic_id = (select s.clinic_id from analytics_private.scope s))
       or (l.account = 'doctor_payable'
           and l.subject_id in (select d.doctor_id from identity.doctor_profiles d
                                where d.clinic_id = (select s.clinic_id from analytics_private.scope s))));

comment on view analytics.ledger_lines is
    'One row for each line of the double-entry ledger: the lines of one position sum to zero (a clinic does not see all of them). '
    'From the read model payment_ledger. Indexed: position (see position_at).';
comment on column analytics.ledger_lines.position is 'The fact that moved the money: its place in the log.';
comment on column analytics.ledger_lines.line is 'The line within that fact, from 0.';
comment on column analytics.ledger_lines.account is
    'Where the money is: …_clearing (at providers, in cash, paid out), wallet_liability, booking_holds, patient_advances (taken, not '
    'earned yet), refund_costs (given back by an admin; the API calls both clinic_revenue), doctor_payable, commission, '
    'provider_fees, refunds_in_transit, payouts_in_transit.';
comment on column analytics.ledger_lines.account_type is
    'asset, liability, income (commission alone) or expense (provider_fees, refund_costs).';
comment on column analytics.ledger_lines.kind is
    'What moved it: deposited, withdrawn, held, captured, released, refunded, fee, earned, payout_sent, paid_out, payout_returned, '
    'returned or restored.';
comment on column analytics.ledger_lines.amount is 'Rubles; debit positive, credit negative. Liabilities and income grow by credits.';
comment on column analytics.ledger_lines.booking_id is 'The booking it is about, if it is about one.';
comment on column analytics.ledger_lines.payment_id is 'The payment it is about, if it is about one.';
comment on column analytics.ledger_lines.transfer_id is
    'The deposit, withdrawal or payout it is about, if it is about one; of payouts, payouts.payout_id.';
comment on column analytics.ledger_lines.doctor_id is 'Whose account it is, of doctor_payable.';
comment on column analytics.ledger_lines.patient_key is
    'Pseudonym of whose account it is, of wallet_liability (a doctor''s own wallet included).';
comment on column analytics.ledger_lines.recorded_at is 'When the money moved.';
comment on column analytics.ledger_lines.recorded_date is 'The same as a local date.';

create view analytics.ledger_monthly with (security_barrier) as
select m.month,
       m.account,
       m.account_type,
       m.debit,
       m.credit,
       m.net,
       (sum(m.net) over (partition by m.account order by m.month))::numeric(14, 2) as closing_balance
from (
    select date_trunc('month', l.recorded_date::timestamp)::date as month,
           l.account,
           l.account_type,
           coalesce(sum(l.amount) filter (where l.amount > 0), 0)::numeric(14, 2) as debit,
           coalesce(-sum(l.amount) filter (where l.amount < 0), 0)::numeric(14, 2) as credit,
           sum(l.amount)::numeric(14, 2) as net
    from analytics.ledger_lines l
    group by 1, 2, 3
) m;

comment on view analytics.ledger_monthly is
    'One row for each account and local month in which it moved. Reads the whole ledger.';
comment on column analytics.ledger_monthly.month is 'The first day of the local month.';
comment on column analytics.ledger_monthly.account is 'As in ledger_lines; all owners, doctors and bookings together.';
comment on column analytics.ledger_monthly.account_type is 'As in ledger_lines.';
comment on column analytics.ledger_monthly.debit is 'Sum of the debits, rubles, positive.';
comment on column analytics.ledger_monthly.credit is 'Sum of the credits, rubles, positive.';
comment on column analytics.ledger_monthly.net is 'debit - credit, rubles.';
comment on column analytics.ledger_monthly.closing_balance is
    'Sum of net from the beginning until the end of the month, rubles; credit balances are negative.';
