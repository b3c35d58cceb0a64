-- Staff ask for the bookings of a doctor, also for those that the doctor was only chosen for: one index by the time of the visit for them
-- and for the doctor's own list. 0076 drops the one it takes the place of, in a transaction that holds nothing else (see 0043).
insert into model_indexes (table_name, index_name, definition)
values ('bookings', 'bookings_of_doctor', 'USING btree (doctor_id, starts_at, booking_id) WHERE (doctor_id IS NOT NULL)');
select index_generation(g.model, g.generation) from generations g where g.model = 'bookings';
