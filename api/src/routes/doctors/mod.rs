//! Doctors: who they are and when they can be booked.

pub mod accept;
pub mod blocks;
pub mod days;
pub mod list;
pub mod offers;
pub mod open_days;
pub mod show;
pub mod slots;
pub mod sorted;
