//! What one says of oneself beside one's account.

pub mod calendar;
pub mod payout_destination;
