//! Doctors: who they are and when they can be booked.

pub mod accept;
pub mod block_time;
pub mod blocks;
pub mod close_day;
pub mod extend_day;
pub mod list;
pub mod open_day;
pub mod show;
pub mod slots;
pub mod unblock_time;
