//! What clinics do about their doctors.

pub mod invitations;
pub mod release;
