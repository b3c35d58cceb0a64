-- What of a payment was asked back and how far each refund has come; of bookings it stands within their payments.
alter table payment_ledger__payments add column refunds jsonb;

-- Nobody reads the older shapes of an empty log, and nobody would feed them.
do $$
declare
    older record;
begin
    if not exists (select 1 from events) then
        for older in
            delete from read_models
            where model in ('payment_ledger', 'booking_details', 'patient_bookings', 'doctor_agenda') and schema_version < 3
            returning model, live_generation
        loop
            perform drop_generation(older.model, older.live_generation);
        end loop;
    end if;
end $$;

select register_model('payment_ledger', 3);
select register_model('booking_details', 3);
select register_model('patient_bookings', 3);
select register_model('doctor_agenda', 3);
