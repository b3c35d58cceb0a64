//! The digest of a command: equal for the same command however its JSON is spelled, and useless without the secret.

use hmac::digest::{Key, KeyInit};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::extract::body::Pairs;

/// How deep a body may nest before it is refused; ours need three levels.
pub const DEPTH_MAX: usize = 16;

/// Computes the digests of commands under the deployment's secret.
#[derive(Clone)]
pub struct Digester(Hmac<Sha256>);

/// The body nests deeper than [`DEPTH_MAX`], or holds text that is not Unicode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body nests too deep or holds broken text")]
pub struct NotCanonical;

impl Digester {
    /// A digester under this secret, which may have any length.
    pub fn new(secret: &SecretString) -> Self {
        let mut key = Key::<Hmac<Sha256>>::default();
        // A key of the hash's own block size needs no further treatment, so nothing can fail.
        let digest = Sha256::digest(secret.expose_secret().as_bytes());
        key.iter_mut().zip(digest).for_each(|(slot, byte)| *slot = byte);
        Self(<Hmac<Sha256> as KeyInit>::new(&key))
    }

    /// HMAC-SHA-256 over method, path and canonical body, in lower-case hex.
    pub fn of(&self, method: &str, path: &str, canonical_body: &[u8]) -> String {
        let mut mac = self.0.clone();
        for part in [method.as_bytes(), b"\n", path.as_bytes(), b"\n", canonical_body] {
            mac.update(part);
        }
        hex::encode(mac.finalize().into_bytes())
    }
}

/// The pairs of a body's root object with sorted keys, no blanks and one spelling of each text. Numbers keep their
/// text: no float ever touches an amount.
///
/// # Errors
/// [`NotCanonical`].
pub fn canonical_object(pairs: &Pairs<'_>) -> Result<Vec<u8>, NotCanonical> {
    let mut canonical = Vec::with_capacity(256);
    write_object(pairs, 0, &mut canonical)?;
    Ok(canonical)
}

fn write_object(pairs: &Pairs<'_>, depth: usize, out: &mut Vec<u8>) -> Result<(), NotCanonical> {
    let mut order: Vec<usize> = (0..pairs.0.len()).collect();
    order.sort_by(|left, right| {
        pairs
            .0
            .get(*left)
            .map(|pair| &pair.0)
            .cmp(&pairs.0.get(*right).map(|pair| &pair.0))
    });
    out.push(b'{');
    for (place, (name, value)) in order
        .into_iter()
        .filter_map(|index| pairs.0.get(index))
        .enumerate()
    {
        if place > 0 {
            out.push(b',');
        }
        write_text(name, out)?;
        out.push(b':');
        write_value(value.get(), depth + 1, out)?;
    }
    out.push(b'}');
    Ok(())
}

fn write_value(raw: &str, depth: usize, out: &mut Vec<u8>) -> Result<(), NotCanonical> {
    if depth > DEPTH_MAX {
        return Err(NotCanonical);
    }
    match raw.as_bytes().first() {
        Some(b'{') => write_object(&read(raw)?, depth, out),
        Some(b'[') => {
            let items: Vec<&RawValue> = read(raw)?;
            out.push(b'[');
            for (place, item) in items.into_iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                write_value(item.get(), depth + 1, out)?;
            }
            out.push(b']');
            Ok(())
        }
        // Without an escape there is only one spelling already.
        Some(b'"') if raw.contains('\\') => write_text(&read::<String>(raw)?, out),
        _ => {
            out.extend_from_slice(raw.as_bytes());
            Ok(())
        }
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) -> Result<(), NotCanonical> {
    serde_json::to_writer(out, text).map_err(|_| NotCanonical)
}

fn read<'a, T: Deserialize<'a>>(raw: &'a str) -> Result<T, NotCanonical> {
    serde_json::from_str(raw).map_err(|_| NotCanonical)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(body: &str) -> String {
        let pairs: Pairs<'_> = serde_json::from_str(body).unwrap();
        String::from_utf8(canonical_object(&pairs).unwrap()).unwrap()
    }

    #[test]
    fn the_order_of_keys_blanks_and_escapes_do_not_matter() {
        let one = canonical(r#"{"b": {"y": [1, {"q":2, "p":"\u0061"}], "x": null}, "a": "1500.00"}"#);
        let two = canonical("{\"a\":\"1500.00\",\n\"b\":{\"x\":null,\"y\":[1,{\"p\":\"a\",\"q\":2}]}}");
        assert_eq!(one, two);
        assert_eq!(one, r#"{"a":"1500.00","b":{"x":null,"y":[1,{"p":"a","q":2}]}}"#);
    }

    #[test]
    fn another_value_type_or_number_text_is_another_command() {
        let all = [
            r#"{"a":1}"#,
            r#"{"a":1.0}"#,
            r#"{"a":"1"}"#,
            r#"{"a":null}"#,
            "{}",
            r#"{"b":1}"#,
        ];
        let canonical: std::collections::BTreeSet<String> = all.iter().map(|body| canonical(body)).collect();
        assert_eq!(canonical.len(), all.len());
    }

    #[test]
    fn a_number_never_passes_through_a_float() {
        assert_eq!(
            canonical(r#"{"amount": 9007199254740993.10}"#),
            r#"{"amount":9007199254740993.10}"#
        );
    }

    #[test]
    fn method_path_body_and_secret_all_count() {
        let digester = |secret: &str| Digester::new(&SecretString::from(secret));
        let base = digester("one").of("POST", "/a", b"{}");
        assert_eq!(base.len(), 64);
        assert_eq!(base, digester("one").of("POST", "/a", b"{}"));
        for other in [
            digester("two").of("POST", "/a", b"{}"),
            digester("one").of("PUT", "/a", b"{}"),
            digester("one").of("POST", "/b", b"{}"),
            digester("one").of("POST", "/a", b"{\"a\":1}"),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn a_body_that_nests_without_end_is_refused() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(40), "]".repeat(40));
        let pairs: Pairs<'_> = serde_json::from_str(&deep).unwrap();
        assert_eq!(canonical_object(&pairs), Err(NotCanonical));
    }
}
