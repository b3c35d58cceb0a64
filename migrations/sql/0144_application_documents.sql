-- What a doctor shows of themselves with an application (ADR 44): pieces of at most a mebibyte, each sealed under the doctor's own key and
-- bound to where it stands. A file's name is not kept.
create table identity.application_documents (
    id            uuid primary key,
    account_id    uuid not null references identity.accounts (id) on delete cascade,
    kind          text not null check (length(kind) <= 32),
    media_type    text not null check (length(media_type) <= 64),
    size_bytes    integer not null check (size_bytes between 1 and 10485760),
    digest_sealed bytea not null,   -- SHA-256 of the whole
    attached_at   timestamptz not null
);
create index application_documents_of_account on identity.application_documents (account_id, id);

create table identity.application_document_pieces (
    document_id uuid not null references identity.application_documents (id) on delete cascade,
    ordinal     integer not null check (ordinal >= 0),
    sealed      bytea not null,
    primary key (document_id, ordinal)
);
-- Noise does not become shorter.
alter table identity.application_document_pieces alter column sealed set storage external;

-- Until when documents are kept that no admin answers for any more: thirty days from a refusal or a suspension on.
alter table identity.doctor_profiles add column documents_until timestamptz;
create index doctors_whose_documents_end on identity.doctor_profiles (documents_until) where documents_until is not null;

create function identity.keep_documents_until() returns trigger
    language plpgsql set search_path = pg_catalog, pg_temp
    as $$
begin
    if new.verified_at is not null or new.applied_at is not null then
        new.documents_until := null;
    elsif old.verified_at is not null or old.applied_at is not null then
        new.documents_until := public.house_now() + interval '30 days';
    end if;
    return new;
end
$$;
create trigger documents_are_kept_until
    before update of verified_at, applied_at on identity.doctor_profiles for each row
    execute function identity.keep_documents_until();
