-- Urgent calls, and since when each has been waiting for a doctor; those that do not wait have no place in the index.
create table open_calls (
    generation    int         not null,
    booking_id    uuid        not null,
    requested_at  timestamptz not null,
    waiting_since timestamptz,           -- none while it is unpaid, served or over
    clinic_id     uuid,                  -- of the last doctor who had it
    primary key (generation, booking_id)
) partition by list (generation);

create index open_calls_by_wait on open_calls (waiting_since, booking_id) where waiting_since is not null;

insert into model_tables (model, table_name, fill_factor) values ('open_calls', 'open_calls', 80);

select register_model('open_calls', 1);
