//! What one says of oneself beside one's account, and what one is told.

pub mod application;
pub mod apps;
pub mod calendar;
pub mod consents;
pub mod documents;
pub mod erasure;
pub mod events;
pub mod invitations;
pub mod payout_destination;
pub mod profile;
pub mod reads;
pub mod subject_access;
