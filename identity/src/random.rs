//! The one place of this crate that draws random bytes and ids.

use jiff::Timestamp;
use rand::RngCore;
use uuid::Uuid;

/// `N` bytes nobody can foresee, from the thread's cryptographic generator.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// A fresh UUIDv7 that sorts by `now`, so that pages by id are pages by age.
pub(crate) fn id_at(now: Timestamp) -> Uuid {
    let millis = u64::try_from(now.as_millisecond()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &bytes()).into_uuid()
}
