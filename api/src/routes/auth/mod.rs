//! Signing up, in, out, and one's own account.

pub mod email;
pub mod factors;
pub mod me;
pub mod passkey_sign_in;
pub mod passkeys;
pub mod password;
pub mod password_resets;
pub mod phone;
pub mod proof;
pub mod register;
pub mod session;
pub mod sessions;
pub mod stream_tickets;
