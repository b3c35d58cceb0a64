-- When a doctor on the way expects to be there. Only facts newer than this column fill it, so that a rebuild leaves older rows
-- as empty as they are: the shape's version stays.
alter table booking_details add column estimated_arrival timestamptz;
