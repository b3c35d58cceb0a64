//! The keyed tag of a message: whoever could make it holds a key of this deployment, meant this log, and meant every byte.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;

/// What a key is for, so that a tag made under the same secret for something else is none of ours.
const MESSAGE: &[u8] = b"tot message 1\0";
/// The same of a key's name.
const NAME: &[u8] = b"tot message key 1\0";
/// Bytes of a key's name: enough to tell two apart, none of the key itself.
const NAME_BYTES: usize = 8;

/// The keys under which messages are made and believed. Cheap to clone.
#[derive(Clone)]
pub struct MessageKeys(Arc<Vec<Key>>);

struct Key {
    name: String,
    key: hmac::Key,
}

/// Why a message is not believed. A closed set: each is a value of the metric's label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// It carries no tag, or one of another form.
    NoTag,
    /// Its tag is of a key that is not held here.
    UnknownKey,
    /// Its tag does not fit: another message's, another log's, or altered on the way.
    WrongTag,
    /// The tag fits, but these are no facts this code can read.
    NotFacts,
}

impl Distrust {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::NoTag, Self::UnknownKey, Self::WrongTag, Self::NotFacts];

    /// Its word in metrics and logs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NoTag => "no_tag",
            Self::UnknownKey => "unknown_key",
            Self::WrongTag => "wrong_tag",
            Self::NotFacts => "not_facts",
        }
    }
}

impl MessageKeys {
    /// Makes tags under `current`; believes those under `previous` too, so that a key can be changed process by process.
    pub fn new(current: &[u8], previous: Option<&[u8]>) -> Self {
        Self(Arc::new(
            [Some(current), previous]
                .into_iter()
                .flatten()
                .map(Key::of)
                .collect(),
        ))
    }

    /// The tag of a message of one log.
    pub(crate) fn tag(&self, log: &str, message: &[u8]) -> Option<String> {
        let current = self.0.first()?;
        let tag = current.tag(log, message);
        Some(format!("{}.{}", current.name, hex(tag.as_ref())))
    }

    /// Whether the message is what the holder of a key published for this log.
    ///
    /// # Errors
    /// [`Distrust`] says what is wrong with it.
    pub(crate) fn check(&self, log: &str, tag: Option<&str>, message: &[u8]) -> Result<(), Distrust> {
        let (name, tag) = tag.and_then(|tag| tag.split_once('.')).ok_or(Distrust::NoTag)?;
        let tag = unhex(tag).ok_or(Distrust::NoTag)?;
        let known = self.0.iter().find(|key| key.name == name);
        let known = known.ok_or(Distrust::UnknownKey)?;
        let right = known.tag(log, message);
        verify_slices_are_equal(right.as_ref(), &tag).map_err(|_| Distrust::WrongTag)
    }
}

impl fmt::Debug for MessageKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|key| &key.name))
            .finish()
    }
}

impl Key {
    fn of(secret: &[u8]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let name = hmac::sign(&key, NAME);
        let name = name.as_ref().get(..NAME_BYTES).unwrap_or_default();
        Self { name: hex(name), key }
    }

    fn tag(&self, log: &str, message: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(MESSAGE);
        context.update(log.as_bytes());
        // A log's name holds no zero: where it ends is where the message begins.
        context.update(&[0]);
        context.update(message);
        context.sign()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks_exact(2);
    if !digits.remainder().is_empty() || text.is_empty() {
        return None;
    }
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &[u8] = &[7; 32];
    const NEW: &[u8] = &[8; 32];
    const LOG: &str = "a-log";

    fn tag(keys: &MessageKeys, message: &[u8]) -> String {
        keys.tag(LOG, message).unwrap()
    }

    #[test]
    fn a_tag_is_of_one_key_one_log_and_one_message() {
        let keys = MessageKeys::new(NEW, None);
        let made = tag(&keys, b"facts");
        let check = |log, tag, message| keys.check(log, tag, message);
        assert_eq!(check(LOG, Some(made.as_str()), b"facts"), Ok(()));
        assert_eq!(check(LOG, Some(made.as_str()), b"factz"), Err(Distrust::WrongTag));
        assert_eq!(
            check("b-log", Some(made.as_str()), b"facts"),
            Err(Distrust::WrongTag)
        );
        assert_eq!(
            check("a-lo", Some(made.as_str()), b"gfacts"),
            Err(Distrust::WrongTag)
        );
        assert_eq!(check(LOG, None, b"facts"), Err(Distrust::NoTag));
        for none in ["", ".", "x", "0123456789abcdef.", "0123456789abcdef.zz", "a.b.c"] {
            assert_eq!(check(LOG, Some(none), b"facts"), Err(Distrust::NoTag), "{none}");
        }
        let (name, _) = made.split_once('.').unwrap();
        let short = format!("{name}.00");
        assert_eq!(check(LOG, Some(&short), b"facts"), Err(Distrust::WrongTag));
    }

    #[test]
    fn a_key_is_changed_with_both_believed_for_a_while() {
        let (before, after) = (MessageKeys::new(OLD, None), MessageKeys::new(NEW, None));
        let between = MessageKeys::new(NEW, Some(OLD));
        for made in [tag(&before, b"m"), tag(&after, b"m")] {
            assert_eq!(between.check(LOG, Some(&made), b"m"), Ok(()));
        }
        assert_eq!(tag(&between, b"m"), tag(&after, b"m"));
        let old = tag(&before, b"m");
        assert_eq!(after.check(LOG, Some(&old), b"m"), Err(Distrust::UnknownKey));
    }

    #[test]
    fn keys_show_their_names_alone() {
        let shown = format!("{:?}", MessageKeys::new(NEW, Some(OLD)));
        assert!(!shown.contains("0808") && !shown.contains("0707"), "{shown}");
    }
}
