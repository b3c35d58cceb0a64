-- Who consented to what, by the version of the text: every word given or taken back, in order, and never changed. It outlives the person's
-- data, as the proof that they could be processed; it holds ids and words alone.
create table identity.consents (
    id bigint generated always as identity primary key,
    account_id uuid not null,
    kind text not null check (length(kind) <= 32),
    version int not null check (version > 0),
    given boolean not null,
    -- Of the text that was shown, in both languages.
    text_digest bytea not null check (length(text_digest) = 32),
    at timestamptz not null
);
create index consents_of_account on identity.consents (account_id, id desc);

create function identity.refuse_to_change_consents() returns trigger
    language plpgsql set search_path = pg_catalog, pg_temp
    as $$
begin
    raise exception 'consents are never changed: % is refused', lower(tg_op) using errcode = 'insufficient_privilege';
end
$$;
create trigger consents_are_never_changed
    before update or delete or truncate on identity.consents
    for each statement execute function identity.refuse_to_change_consents();
