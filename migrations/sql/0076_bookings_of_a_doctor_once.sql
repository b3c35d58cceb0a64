-- `bookings_of_doctor` (0075) holds all that this one held.
delete from model_indexes where index_name = 'bookings_by_doctor';
do $$
declare
    of_generation integer;
begin
    for of_generation in select g.generation from generations g where g.model = 'bookings' order by 1 loop
        execute format('drop index if exists public.%I', format('bookings_by_doctor_g%s', of_generation));
    end loop;
end $$;
