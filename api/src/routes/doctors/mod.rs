//! Doctors: who they are and when they can be booked.

pub mod accept;
pub mod blocks;
pub mod days;
pub mod list;
pub mod show;
pub mod slots;
