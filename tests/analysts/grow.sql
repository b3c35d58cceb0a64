-- Makes the seeded year so many times as large, in the log and in the read models, to measure what analysts ask of a long log:
--     psql "$SUPERUSER_URL" --set=times=283 --file=grow.sql
-- after seed.py and a rebuild of the read models. Copies have ids of their own; each patient is another one, a doctor and a clinic
-- serve a dozen of copies. The copies of a fact follow it, so that positions have no gaps and are in the order of time. No platform may
-- serve this database.
\set ON_ERROR_STOP on
\timing on
set synchronous_commit = off;
set work_mem = '256MB';

create function pg_temp.other(id uuid, copy int) returns uuid language sql immutable as
    $$ select case when copy = 0 then id else md5(id::text || '/' || copy)::uuid end $$;
-- Of doctors and clinics there are 22 for each of the seed's.
create function pg_temp.staff(id uuid, copy int) returns uuid language sql immutable as
    $$ select case when copy % 22 = 0 then id else md5(id::text || '/' || copy % 22)::uuid end $$;

-- What a fact says of doctors, said of those of the copy.
create function pg_temp.of_staff(body json, kind text, copy int) returns json language sql immutable as $$
    select replace(replace(body::text, d.one, pg_temp.staff(d.one::uuid, copy)::text),
                   d.before, pg_temp.staff(d.before::uuid, copy)::text)::json
    from (
        select a.one, coalesce(body -> kind -> 'from' ->> 'doctor_id', a.one) as before
        from (select coalesce(body -> kind -> 'to', body -> kind -> 'appointment') ->> 'doctor_id' as one) a
    ) d
$$;

-- Inserts copies `first` to `last` of a table's rows, with these columns made anew from the row `r` and the copy's number `n`; 0 is the
-- row itself, which is put elsewhere then.
create procedure pg_temp.multiply(target text, condition text, changed jsonb, first int, last int) language plpgsql as $$
declare
    names text;
    expressions text;
begin
    select string_agg(quote_ident(attname), ', ' order by attnum),
           string_agg(coalesce(changed ->> attname, 'r.' || quote_ident(attname)), ', ' order by attnum)
    into names, expressions
    from pg_attribute where attrelid = target::regclass and attnum > 0 and not attisdropped and attgenerated = '';
    execute format('create temporary table seeded as select * from %s where %s', target, condition);
    analyze seeded;
    if first = 0 then
        execute format('delete from %s', target);
    end if;
    for n in first .. last loop
        execute format('insert into %s (%s) select %s from seeded r', target, names, replace(expressions, '$n', n::text));
    end loop;
    drop table seeded;
    raise notice '%', target;
end $$;

select set_config('grow.times', :'times', false);
-- Facts are never changed, but to be put elsewhere in a log of this kind.
alter table events disable trigger user;

do $$
declare
    times int := current_setting('grow.times');
    place text := format('(r.position - 1) * %s + 1 + $n', times + 1);
begin
    call pg_temp.multiply('identity.accounts', $c$role in ('doctor', 'clinic')$c$, '{"id": "pg_temp.staff(r.id, $n)"}', 1, 21);
    call pg_temp.multiply('identity.clinics', 'true', '{"account_id": "pg_temp.staff(r.account_id, $n)"}', 1, 21);
    call pg_temp.multiply('identity.doctor_profiles', 'true',
        '{"doctor_id": "pg_temp.staff(r.doctor_id, $n)", "clinic_id": "pg_temp.staff(r.clinic_id, $n)"}', 1, 21);
    call pg_temp.multiply('identity.vault', $c$kind = 'booking_details'$c$,
        '{"id": "pg_temp.other(r.id, $n)", "subject_id": "pg_temp.other(r.subject_id, $n)"}', 1, times);
    call pg_temp.multiply('bookings', 'true',
        '{"booking_id": "pg_temp.other(r.booking_id, $n)", "patient_id": "pg_temp.other(r.patient_id, $n)",
          "details_id": "pg_temp.other(r.details_id, $n)", "doctor_id": "pg_temp.staff(r.doctor_id, $n)",
          "clinic_id": "pg_temp.staff(r.clinic_id, $n)"}', 1, times);
    call pg_temp.multiply('payment_ledger', 'true', jsonb_build_object(
        'position', place, 'subject_id',
        $e$case r.account when 'doctor_payable' then pg_temp.staff(r.subject_id, $n) else pg_temp.other(r.subject_id, $n) end$e$,
        'booking_id', 'pg_temp.other(r.booking_id, $n)', 'payment_id', 'pg_temp.other(r.payment_id, $n)',
        'transfer_id', 'pg_temp.other(r.transfer_id, $n)'), 0, times);
    call pg_temp.multiply('payment_ledger__payments', 'true',
        '{"payment_id": "pg_temp.other(r.payment_id, $n)", "booking_id": "pg_temp.other(r.booking_id, $n)",
          "patient_id": "pg_temp.other(r.patient_id, $n)"}', 1, times);
    call pg_temp.multiply('provider_payments', 'true',
        '{"payment_id": "pg_temp.other(r.payment_id, $n)", "purpose_id": "pg_temp.other(r.purpose_id, $n)"}', 1, times);
    call pg_temp.multiply('payouts', $c$purpose = 'doctor_earnings'$c$,
        '{"payout_id": "pg_temp.other(r.payout_id, $n)", "owner_id": "pg_temp.staff(r.owner_id, $n)"}', 1, 21);
    call pg_temp.multiply('open_slots__blocks', 'true',
        '{"block_id": "pg_temp.other(r.block_id, $n)", "doctor_id": "pg_temp.staff(r.doctor_id, $n)"}', 1, 21);
    call pg_temp.multiply('events', 'true', jsonb_build_object(
        'position', place, 'command_id', 'null', 'aggregate_id',
        $e$case when r.aggregate_type in ('booking', 'payment') then pg_temp.other(r.aggregate_id::uuid, $n)::text
                when r.aggregate_type = 'doctor_day' and $n < 22
                    then pg_temp.staff(split_part(r.aggregate_id, '_', 1)::uuid, $n) || '_' || split_part(r.aggregate_id, '_', 2)
                when $n = 0 then r.aggregate_id
                else r.aggregate_id || '/' || $n end$e$,
        'payload', $e$case when r.event_type in ('BookingAssigned', 'BookingRescheduled')
                           then pg_temp.of_staff(r.payload, r.event_type, $n) else r.payload end$e$,
        -- A day that no doctor of the copy has is a fact of another kind.
        'event_type', $e$case when r.aggregate_type = 'doctor_day' and $n >= 22 then 'TimeBlocked' else r.event_type end$e$),
        0, times);
end $$;

alter table events enable trigger user;
-- Everything is shown.
update checkpoints c
set position = (select coalesce(max(e.position), 0) from events e where e.shard = c.shard)
where c.generation = (select r.live_generation from read_models r where r.model = c.consumer order by r.schema_version desc limit 1);
vacuum analyze;
