-- Free slots, second shape: days may close or grow, and blocks are listed and taken back by their id.

create table open_slots__blocks (
    generation int         not null,
    doctor_id  uuid        not null,
    block_id   uuid        not null,
    starts_at  timestamptz not null,
    ends_at    timestamptz not null,
    standing   boolean     not null,  -- not once it was taken back
    primary key (generation, doctor_id, block_id)
) partition by list (generation);

insert into model_tables (model, table_name, fill_factor) values ('open_slots', 'open_slots__blocks', 100);

-- Nobody reads the first shape of an empty log, and nobody would feed it.
do $$
begin
    if not exists (select 1 from events) then
        delete from read_models where model = 'open_slots' and schema_version = 1;
        perform drop_generation('open_slots', 1);
    end if;
end $$;

select register_model('open_slots', 2);
