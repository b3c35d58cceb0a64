-- What doctors and clinics say of themselves, and from where distances are counted. A point is kept in hundredths of a degree and no finer:
-- where a doctor lives stands nowhere. A clinic's point stands for those of its doctors who have none.
alter table identity.doctor_profiles
    add column about text check (length(about) between 1 and 1000),
    add column latitude smallint check (latitude between -9000 and 9000),
    add column longitude smallint check (longitude between -18000 and 18000),
    add column travel_km smallint check (travel_km between 1 and 500),
    add constraint doctor_profiles_point check ((latitude is null) = (longitude is null));
alter table identity.clinics
    add column about text check (length(about) between 1 and 1000),
    add column latitude smallint check (latitude between -9000 and 9000),
    add column longitude smallint check (longitude between -18000 and 18000),
    add column address text check (length(address) between 5 and 300),
    add column public_phone text check (length(public_phone) between 10 and 32),
    add constraint clinics_point check ((latitude is null) = (longitude is null));
create index doctor_profiles_by_point on identity.doctor_profiles (latitude, longitude) where latitude is not null;
create index clinics_by_point on identity.clinics (latitude, longitude) where latitude is not null;

-- Whole metres of the great circle between a point in hundredths of a degree and one in millionths, on a sphere of 6 371 009 m; null where
-- either is. By the haversine formula, which is exact for neighbours, too.
create function identity.metres_between(latitude smallint, longitude smallint, near_latitude integer, near_longitude integer)
    returns integer language sql immutable parallel safe
    -- `least` passes over nulls.
    return case when latitude is not null and longitude is not null and near_latitude is not null and near_longitude is not null
        then round(2 * 6371009 * asin(least(1, sqrt(
            sin(radians(latitude / 100.0::float8 - near_latitude / 1e6::float8) / 2) ^ 2
            + cos(radians(latitude / 100.0::float8)) * cos(radians(near_latitude / 1e6::float8))
            * sin(radians(longitude / 100.0::float8 - near_longitude / 1e6::float8) / 2) ^ 2))))::integer
    end;

-- Within how many hundredths of a degree to either side all that is so near lies: the parallel that is nearest to a pole counts. Around a
-- pole, and across the 180th meridian, that is everywhere.
create function identity.longitudes_within(metres integer, near_latitude integer, near_longitude integer)
    returns integer language sql immutable parallel safe
    return case
        when abs(near_latitude) / 1e6 + metres / 111194.0 >= 89 then 36000
        when abs(near_longitude) / 10000.0 + metres / (1111.94 * cos(radians(abs(near_latitude) / 1e6 + metres / 111194.0))) >= 17998 then 36000
        else ceil(metres / (1111.94 * cos(radians(abs(near_latitude) / 1e6 + metres / 111194.0))))::integer + 1
    end;

-- As in 0096, with the fields of profiles.
create or replace function identity.carry_out_account_edit() returns trigger
    language plpgsql
    set lock_timeout = '250ms'
    as $$
declare
    change jsonb := new.body -> 'carried_out';
begin
    new.body := new.body - 'carried_out';
    -- A row that exists is this one, and what it said was carried out with it.
    if change is null or exists (select from identity.vault v where v.id = new.id) then
        return new;
    end if;
    update identity.contacts set
        email_sealed = coalesce(decode(change ->> 'email_sealed', 'base64'), email_sealed),
        email_index = coalesce(decode(change ->> 'email_index', 'base64'), email_index),
        phone_sealed = case when change ? 'phone_sealed' then decode(change ->> 'phone_sealed', 'base64') else phone_sealed end,
        phone_index = case when change ? 'phone_index' then decode(change ->> 'phone_index', 'base64') else phone_index end,
        first_name_sealed = coalesce(decode(change ->> 'first_name_sealed', 'base64'), first_name_sealed),
        first_name_index = coalesce(decode(change ->> 'first_name_index', 'base64'), first_name_index),
        last_name_sealed = coalesce(decode(change ->> 'last_name_sealed', 'base64'), last_name_sealed),
        last_name_index = coalesce(decode(change ->> 'last_name_index', 'base64'), last_name_index)
    where account_id = new.subject_id;
    update identity.doctor_profiles set
        first_name = coalesce(change ->> 'first_name', first_name),
        last_name = coalesce(change ->> 'last_name', last_name),
        specialization = coalesce(change ->> 'specialization', specialization),
        experience_years = coalesce((change ->> 'experience_years')::smallint, experience_years),
        languages = case when change ? 'languages'
                         then array(select jsonb_array_elements_text(change -> 'languages')) else languages end,
        clinic_id = case when change ? 'clinic_id' then (change ->> 'clinic_id')::uuid else clinic_id end,
        price_class = coalesce(change ->> 'price_class', price_class),
        zone = coalesce(change ->> 'zone', zone),
        about = case when change ? 'about' then change ->> 'about' else about end,
        latitude = case when change ? 'base_point'
                        then (100 * split_part(change ->> 'base_point', ',', 1)::numeric)::smallint else latitude end,
        longitude = case when change ? 'base_point'
                         then (100 * split_part(change ->> 'base_point', ',', 2)::numeric)::smallint else longitude end,
        travel_km = case when change ? 'travel_km' then (change ->> 'travel_km')::smallint else travel_km end
    where doctor_id = new.subject_id;
    update identity.clinics set
        name = coalesce(change ->> 'clinic_name', name),
        about = case when change ? 'about' then change ->> 'about' else about end,
        latitude = case when change ? 'base_point'
                        then (100 * split_part(change ->> 'base_point', ',', 1)::numeric)::smallint else latitude end,
        longitude = case when change ? 'base_point'
                         then (100 * split_part(change ->> 'base_point', ',', 2)::numeric)::smallint else longitude end,
        address = case when change ? 'address' then change ->> 'address' else address end,
        public_phone = case when change ? 'public_phone' then change ->> 'public_phone' else public_phone end
    where account_id = new.subject_id;
    return new;
exception when lock_not_available then
    raise exception 'the account is held by somebody else' using errcode = 'object_in_use';
end
$$;

-- Whoever's key is destroyed is erased (0120), and what they said of themselves in public goes with it.
create function identity.erase_public_profile() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp
    as $$
begin
    update identity.doctor_profiles set about = null, latitude = null, longitude = null, travel_km = null
    where doctor_id = old.subject_id;
    update identity.clinics set about = null, latitude = null, longitude = null, address = null, public_phone = null
    where account_id = old.subject_id;
    return null;
end
$$;
create trigger public_profiles_go_with_the_key
    after delete on identity.data_keys for each row
    execute function identity.erase_public_profile();
