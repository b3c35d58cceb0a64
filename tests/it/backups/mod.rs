//! What is copied can be had again: backups, restores, and recovery to a point in time.

mod again;
mod point_in_time;
mod refusals;
mod restore;
