//! Two sides in memory, made to differ on purpose: every difference is found once, whatever the lists do.

mod edges;
mod memory;
mod payout_memory;
mod payouts;
mod pretender;
mod properties;
mod scene;
