-- The clinic of a booking's doctor, as its facts say: a clinic sees and touches only what is its doctors'.
alter table patient_bookings add column clinic_id uuid;
alter table doctor_agenda add column clinic_id uuid;
alter table booking_details add column clinic_id uuid;

create index doctor_agenda_by_clinic on doctor_agenda (clinic_id, requested_at, booking_id) where clinic_id is not null;
