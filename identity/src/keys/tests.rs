//! Keys are made once, kept from others, and changed without signing anybody out.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::*;
use crate::random;

pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("tot-keys-{}", hex::encode(random::bytes::<8>())));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(super) fn file(&self) -> PathBuf {
        self.0.join("keys.json")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_generated_file_is_the_owner_s_alone_and_loads() {
    let folder = Folder::new();
    let made = TokenKeys::generate(&folder.file()).unwrap();
    assert_eq!(
        fs::metadata(folder.file()).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(
        TokenKeys::load(&folder.file()).unwrap().signing_kid(),
        made.signing_kid()
    );
    assert_eq!(
        fs::read_dir(&folder.0).unwrap().count(),
        1,
        "no draft stays behind"
    );
}

#[test]
fn keys_are_never_overwritten() {
    let folder = Folder::new();
    let first = TokenKeys::generate(&folder.file()).unwrap();
    assert!(matches!(
        TokenKeys::generate(&folder.file()),
        Err(KeyError::Exists(_))
    ));
    assert_eq!(
        TokenKeys::load(&folder.file()).unwrap().signing_kid(),
        first.signing_kid()
    );
    assert_eq!(
        fs::read_dir(&folder.0).unwrap().count(),
        1,
        "no draft stays behind"
    );
}

#[test]
fn two_generated_keys_differ() {
    let (one, other) = (Folder::new(), Folder::new());
    let one = TokenKeys::generate(&one.file()).unwrap();
    assert_ne!(
        one.signing_kid(),
        TokenKeys::generate(&other.file()).unwrap().signing_kid()
    );
}

#[test]
fn a_file_open_to_others_is_refused() {
    let folder = Folder::new();
    TokenKeys::generate(&folder.file()).unwrap();
    for mode in [0o640, 0o604, 0o660] {
        fs::set_permissions(folder.file(), fs::Permissions::from_mode(mode)).unwrap();
        assert!(
            matches!(TokenKeys::load(&folder.file()), Err(KeyError::OpenToOthers(_))),
            "{mode:o}"
        );
    }
}

#[test]
fn a_broken_file_is_refused_without_showing_it() {
    let folder = Folder::new();
    TokenKeys::generate(&folder.file()).unwrap();
    let good = fs::read_to_string(folder.file()).unwrap();
    let secret = serde_json::from_str::<KeyFile>(&good).unwrap().keys[0]
        .pkcs8()
        .unwrap();
    for broken in [
        "",
        "{}",
        "[]",
        &good.replace("\"keys\"", "\"locks\""),
        &good.replacen("signing\": \"", "signing\": \"x", 1),
    ] {
        fs::write(folder.file(), broken).unwrap();
        let error = TokenKeys::load(&folder.file()).unwrap_err();
        assert!(matches!(error, KeyError::Invalid(_)), "{broken}: {error:?}");
        assert!(
            !format!("{error:?} {error}")
                .contains(&base64::engine::general_purpose::STANDARD.encode(&secret))
        );
    }
    assert!(matches!(
        TokenKeys::load(&folder.0.join("none.json")),
        Err(KeyError::File { .. })
    ));
}

#[test]
fn a_key_is_added_then_signs_then_the_old_one_retires() {
    let folder = Folder::new();
    let old = TokenKeys::generate(&folder.file())
        .unwrap()
        .signing_kid()
        .to_owned();
    let new = add(&folder.file()).unwrap();
    let both = TokenKeys::load(&folder.file()).unwrap();
    assert_eq!(both.signing_kid(), old);
    assert!(both.verifying(&new).is_some());
    assert!(matches!(
        retire(&folder.file(), &old),
        Err(KeyError::StillSigning(_))
    ));

    sign_with(&folder.file(), &new).unwrap();
    assert!(TokenKeys::load(&folder.file()).unwrap().verifying(&old).is_some());
    retire(&folder.file(), &old).unwrap();
    let keys = TokenKeys::load(&folder.file()).unwrap();
    assert_eq!(keys.kids().collect::<Vec<_>>(), [new.as_str()]);
    assert_eq!(
        fs::metadata(folder.file()).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert!(matches!(
        sign_with(&folder.file(), &old),
        Err(KeyError::NoSuchKey(_))
    ));
    assert!(matches!(
        retire(&folder.file(), &old),
        Err(KeyError::NoSuchKey(_))
    ));
}

#[test]
fn a_file_holds_a_bounded_number_of_keys() {
    let folder = Folder::new();
    TokenKeys::generate(&folder.file()).unwrap();
    for _ in 1..KEYS_MAX {
        add(&folder.file()).unwrap();
    }
    assert!(matches!(add(&folder.file()), Err(KeyError::TooManyKeys)));
}

#[test]
fn keys_do_not_show_themselves() {
    let folder = Folder::new();
    let keys = TokenKeys::generate(&folder.file()).unwrap();
    let stored = fs::read_to_string(folder.file()).unwrap();
    let pkcs8 = serde_json::from_str::<serde_json::Value>(&stored).unwrap()["keys"][0]["pkcs8"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(!format!("{keys:?}").contains(&pkcs8));
}

#[test]
fn without_keys_nothing_is_signed_and_nobody_is_believed() {
    let none = TokenKeys::none();
    assert_eq!(none.kids().count(), 0);
    assert!(none.verifying("").is_none());
    let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::EdDSA);
    let signed = jsonwebtoken::encode(&header, &serde_json::json!({"sub": "x"}), none.signing());
    assert!(signed.is_err());
}
