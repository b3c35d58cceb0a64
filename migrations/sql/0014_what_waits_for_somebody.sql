-- Bookings, second shape: the doctor's clinic, what the patient agreed to where others changed it, and what an operator
-- was told of.

alter table patient_bookings
    add column agreed_doctor_id uuid,
    add column agreed_starts_at timestamptz,
    add column agreed_ends_at   timestamptz,
    add column escalation       text;
alter table doctor_agenda
    add column agreed_doctor_id uuid,
    add column agreed_starts_at timestamptz,
    add column agreed_ends_at   timestamptz,
    add column escalation       text;
alter table booking_details
    add column agreed_doctor_id uuid,
    add column agreed_starts_at timestamptz,
    add column agreed_ends_at   timestamptz,
    add column escalation       text,
    add column arrived_at       timestamptz,
    add column missed_at        timestamptz;

create index doctor_agenda_escalated on doctor_agenda (requested_at, booking_id) where escalation is not null;

-- Nobody reads the first shape of an empty log, and nobody would feed it.
do $$
declare
    booking_model text;
begin
    if not exists (select 1 from events) then
        foreach booking_model in array array['patient_bookings', 'doctor_agenda', 'booking_details'] loop
            delete from read_models where model = booking_model and schema_version = 1;
            perform drop_generation(booking_model, 1);
        end loop;
    end if;
end $$;

select register_model('booking_details', 2);
select register_model('patient_bookings', 2);
select register_model('doctor_agenda', 2);
