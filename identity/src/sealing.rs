//! AES-256-GCM-SIV with what it is bound to as associated data: the one way in which this crate encrypts.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use secrecy::zeroize::Zeroizing;

use crate::random;

/// Bytes of a key.
pub(crate) const KEY_BYTES: usize = 32;
/// Bytes that sealing adds: a nonce in front, a tag behind.
pub(crate) const OVERHEAD_BYTES: usize = NONCE_LEN + 16;

/// A key that forgets itself when it is dropped.
pub(crate) type Key = Zeroizing<[u8; KEY_BYTES]>;

/// What was sealed does not open: another key, another context, or a changed byte.
#[derive(Debug)]
pub(crate) struct DoesNotOpen;

/// A key nobody can foresee.
pub(crate) fn new_key() -> Key {
    Zeroizing::new(random::bytes::<KEY_BYTES>())
}

/// Nonce, ciphertext and tag. That a nonce repeats under one key costs no more than that two equal texts are seen to be equal.
pub(crate) fn seal(key: &Key, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, DoesNotOpen> {
    let nonce = random::bytes::<NONCE_LEN>();
    let mut sealed = Vec::with_capacity(OVERHEAD_BYTES + plain.len());
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plain);
    let tag = cipher(key)?
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(context),
            sealed.get_mut(NONCE_LEN..).unwrap_or_default(),
        )
        .map_err(|_| DoesNotOpen)?;
    sealed.extend_from_slice(tag.as_ref());
    Ok(sealed)
}

/// What was sealed with the same key and context.
pub(crate) fn open(key: &Key, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
    let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(DoesNotOpen)?;
    let mut text = Zeroizing::new(text.to_vec());
    let length = cipher(key)?
        .open_in_place(
            Nonce::assume_unique_for_key(*nonce),
            Aad::from(context),
            &mut text,
        )
        .map_err(|_| DoesNotOpen)?
        .len();
    text.truncate(length);
    Ok(text)
}

fn cipher(key: &Key) -> Result<LessSafeKey, DoesNotOpen> {
    let key = UnboundKey::new(&AES_256_GCM_SIV, key.as_slice()).map_err(|_| DoesNotOpen)?;
    Ok(LessSafeKey::new(key))
}
