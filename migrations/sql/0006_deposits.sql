-- Where the money is, second shape: payments that are for a wallet instead of a booking, and who carries each.

alter table payment_ledger__payments alter column booking_id drop not null;  -- none: it is a deposit
alter table payment_ledger__payments add column provider text;               -- nobody for a wallet

-- Statements of any account, by subject where accounts have one.
create index payment_ledger_by_account on payment_ledger (account, subject_id, position, line);

-- Nobody reads the first shape of an empty log, and nobody would feed it.
do $$
begin
    if not exists (select 1 from events) then
        delete from read_models where model = 'payment_ledger' and schema_version = 1;
        perform drop_generation('payment_ledger', 1);
    end if;
end $$;

select register_model('payment_ledger', 2);
