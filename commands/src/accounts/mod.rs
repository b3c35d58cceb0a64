//! What admins do to accounts: each a fact of the account, which says who did it; what it means for sign-in is carried out in
//! the commit that appends it (ADR 23).

mod acts;
mod application;
mod deactivate;
mod edit;
mod end_sessions;
mod erase;
mod execution;
mod membership;
mod show;
mod verify;

pub use acts::{ACTS, ACTS_MAX, AccountAct, latest_acts};
pub use application::{
    ApplicationStatus, DoctorApplication, Licence, RefuseDoctor, application, apply, own_application, refuse,
};
pub use deactivate::{DeactivateAccount, ReactivateAccount, deactivate, reactivate};
pub use edit::{EditAccount, edit, edit_own_profile, own_profile};
pub use end_sessions::{EndAccountSessions, end_sessions};
pub use erase::{DeactivateForErasure, deactivate_for_erasure};
pub use membership::{Membership, accept, decline, invite, leave, release, withdraw};
pub use show::show;
pub use verify::{UnverifyDoctor, unverify, verify};
