-- Read models: tables shaped for one question each, built from the log, thrown away and built again at will.
--
-- Every table is partitioned by generation: a rebuild fills the next one beside the live one (see 0002). A model's
-- tables are the one of its name and those whose names begin with it and two underscores.
-- Few indexes, since every one is paid for by every booking. Columns that change often stand in no index, and pages
-- keep room (fill factor, below), so that most updates stay on their page.

-- The columns that booking_details, patient_bookings and doctor_agenda have in common; see booking_line in
-- `projections`. Times are microseconds precise; money is in minor units of `currency`.
create table patient_bookings (
    generation   int         not null,
    booking_id   uuid        not null,
    patient_id   uuid        not null,
    call_type    text        not null,
    status       text        not null,
    price        bigint      not null,
    currency     text        not null,
    fee          bigint,
    doctor_id    uuid,                    -- of the appointment, if there is one
    assigned     boolean     not null,    -- whether that doctor has the visit
    starts_at    timestamptz,
    ends_at      timestamptz,
    pay_by       timestamptz not null,
    requested_at timestamptz not null,
    payments     jsonb,                   -- attempts to pay, oldest first, and which of them counts
    version      bigint      not null,    -- of the booking's stream
    primary key (generation, booking_id)
) partition by list (generation);

create index patient_bookings_by_patient on patient_bookings (patient_id, requested_at, booking_id);

create table doctor_agenda (
    like patient_bookings including defaults,
    primary key (generation, booking_id)
) partition by list (generation);

create index doctor_agenda_by_doctor on doctor_agenda (doctor_id, starts_at, booking_id) where assigned;
create index doctor_agenda_by_request on doctor_agenda (requested_at, booking_id);

create table booking_details (
    like patient_bookings including defaults,
    tariff_version int not null,
    details_id     uuid,                  -- address, symptoms and the like, in the vault
    note_id        uuid,                  -- a free note on the cancellation, in the vault
    cancel_reason  text,
    secured_at     timestamptz,
    expired_at     timestamptz,
    assigned_at    timestamptz,
    departed_at    timestamptz,
    started_at     timestamptz,
    completed_at   timestamptz,
    no_show_at     timestamptz,
    rescheduled_at timestamptz,
    cancelled_at   timestamptz,
    primary key (generation, booking_id)
) partition by list (generation);

-- One row for each bookable interval of an opened day, and one for whatever takes time from a doctor: bookings'
-- claims and blocks. Free is a slot whose time, buffers included, meets none of them.
create table open_slots (
    generation     int         not null,
    doctor_id      uuid        not null,
    starts_at      timestamptz not null,
    ends_at        timestamptz not null,
    occupied_from  timestamptz not null,  -- the visit and the buffers around it
    occupied_until timestamptz not null,
    day            date        not null,  -- the doctor's local date
    primary key (generation, doctor_id, starts_at)
) partition by list (generation);

create table open_slots__taken (
    generation     int         not null,
    doctor_id      uuid        not null,
    day            date        not null,  -- of the stream that says so
    taken_by       uuid        not null,  -- a booking or a block
    occupied_from  timestamptz not null,
    occupied_until timestamptz not null,
    primary key (generation, doctor_id, day, taken_by)
) partition by list (generation);

-- Double entries: debits positive, credits negative. The lines of one fact (one position) sum to zero.
create table payment_ledger (
    generation int         not null,
    position   bigint      not null,
    line       smallint    not null,
    account    text        not null,
    subject_id uuid,                      -- whose account: a wallet's owner or a booking; none for the house's own
    kind       text        not null,
    amount     bigint      not null,
    currency   text        not null,
    booking_id uuid,
    payment_id uuid,
    transfer_id uuid,
    at         timestamptz not null,
    primary key (generation, position, line)
) partition by list (generation);

create index payment_ledger_statement on payment_ledger (subject_id, position, line) where account = 'wallet_liability';

create table payment_ledger__payments (
    generation int         not null,
    payment_id uuid        not null,
    booking_id uuid        not null,
    patient_id uuid        not null,
    method     text        not null,
    amount     bigint      not null,
    currency   text        not null,
    status     text        not null,
    checking   boolean     not null,      -- what became of the last request is not known yet
    held       bigint      not null,
    captured   bigint      not null,
    refunded   bigint      not null,
    failure    text,
    started_at timestamptz not null,
    authorised_at timestamptz,
    captured_at   timestamptz,
    ended_at      timestamptz,            -- cancelled or failed
    refunded_at   timestamptz,
    version    bigint      not null,      -- of the payment's stream
    primary key (generation, payment_id)
) partition by list (generation);

create index payment_ledger__payments_by_patient on payment_ledger__payments (patient_id, started_at, payment_id);
create index payment_ledger__payments_by_booking on payment_ledger__payments (booking_id);
create index payment_ledger__payments_by_start on payment_ledger__payments (started_at, payment_id);

-- Rows that change often get room to change within their page.
insert into model_tables (model, table_name, fill_factor) values
    ('booking_details', 'booking_details', 75),
    ('patient_bookings', 'patient_bookings', 80),
    ('doctor_agenda', 'doctor_agenda', 80),
    ('open_slots', 'open_slots', 100),
    ('open_slots', 'open_slots__taken', 100),
    ('payment_ledger', 'payment_ledger', 100),
    ('payment_ledger', 'payment_ledger__payments', 80);

-- The first generation of each; on an empty log it is live at once.
select register_model('booking_details', 1);
select register_model('patient_bookings', 1);
select register_model('doctor_agenda', 1);
select register_model('open_slots', 1);
select register_model('payment_ledger', 1);
