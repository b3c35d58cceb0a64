-- One row for each booking instead of four in as many models: what patients, doctors, clinics and staff list, what a booking's page
-- shows, and urgent calls that wait. See ADR 17 for what was measured.
--
-- `booking_details`, `patient_bookings`, `doctor_agenda` and `open_calls` stay for processes of the release before; nobody feeds
-- them after it, and a later release drops them.

create table bookings (
    generation        int         not null,
    booking_id        uuid        not null,
    patient_id        uuid        not null,
    call_type         text        not null,
    price             bigint      not null,  -- in minor units of `currency`, like `fee`
    currency          text        not null,
    requested_at      timestamptz not null,
    tariff_version    int         not null,
    details_id        uuid,                  -- address, symptoms and the like, in the vault
    status            text        not null,
    fee               bigint,
    doctor_id         uuid,                  -- of the appointment, if there is one
    assigned          boolean     not null,  -- whether that doctor has, or had until the end, the visit
    starts_at         timestamptz,
    ends_at           timestamptz,
    pay_by            timestamptz not null,
    payments          jsonb,                 -- attempts to pay, oldest first, and which of them counts
    version           bigint      not null,  -- of the booking's stream
    clinic_id         uuid,                  -- of that doctor, or of the one who was taken off
    agreed_doctor_id  uuid,                  -- what the patient agreed to, where others changed it
    agreed_starts_at  timestamptz,
    agreed_ends_at    timestamptz,
    escalation        text,                  -- why an operator was told, while it matters
    note_id           uuid,                  -- a free note on the cancellation, in the vault
    cancel_reason     text,
    waiting_since     timestamptz,           -- of an urgent call: since when it is paid and without a doctor
    secured_at        timestamptz,
    expired_at        timestamptz,
    assigned_at       timestamptz,
    departed_at       timestamptz,
    estimated_arrival timestamptz,
    arrived_at        timestamptz,
    started_at        timestamptz,
    completed_at      timestamptz,
    no_show_at        timestamptz,
    missed_at         timestamptz,
    rescheduled_at    timestamptz,
    cancelled_at      timestamptz,
    primary key (generation, booking_id)
) partition by list (generation);

create index bookings_by_patient on bookings (patient_id, requested_at, booking_id);
create index bookings_by_request on bookings (requested_at, booking_id);
create index bookings_by_doctor on bookings (doctor_id, starts_at, booking_id) where assigned;
create index bookings_by_clinic on bookings (clinic_id, requested_at, booking_id) where clinic_id is not null;
-- A page of a status that few have must not read everybody's; most have been completed.
create index bookings_by_status on bookings (status, requested_at, booking_id) where status <> 'completed';
create index bookings_escalated on bookings (requested_at, booking_id) where escalation is not null;
create index bookings_waiting on bookings (waiting_since, booking_id) where waiting_since is not null;

insert into model_tables (model, table_name, fill_factor) values ('bookings', 'bookings', 75);

-- Nobody reads the older models of an empty log, and nobody would feed them.
do $$
declare
    older record;
begin
    if not exists (select 1 from events) then
        for older in
            delete from read_models
            where model in ('booking_details', 'patient_bookings', 'doctor_agenda', 'open_calls')
            returning model, live_generation
        loop
            perform drop_generation(older.model, older.live_generation);
        end loop;
    end if;
end $$;

select register_model('bookings', 1);
