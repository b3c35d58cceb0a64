//! What is sealed opens in its place alone, under every version of the file.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::super::tests::Folder;
use super::*;

#[test]
fn what_is_sealed_opens_for_its_purpose_and_context_alone() {
    let folder = Folder::new();
    let keys = MasterKeys::generate(&folder.file()).unwrap();
    let sealed = keys.seal("note", b"row 1", b"plain text").unwrap();
    assert_eq!(*keys.open("note", b"row 1", &sealed).unwrap(), b"plain text");
    assert!(!sealed.windows(5).any(|window| window == b"plain"));
    let closed = |purpose, context: &[u8]| {
        matches!(
            keys.open(purpose, context, &sealed),
            Err(MasterKeyError::DoesNotOpen)
        )
    };
    assert!(closed("name", b"row 1"), "another purpose");
    assert!(closed("note", b"row 2"), "another context");
    assert_ne!(sealed, keys.seal("note", b"row 1", b"plain text").unwrap());
}

#[test]
fn a_changed_bit_anywhere_is_noticed() {
    let folder = Folder::new();
    let keys = MasterKeys::generate(&folder.file()).unwrap();
    let sealed = keys.seal("note", b"row 1", b"plain").unwrap();
    for bit in 0..sealed.len() * 8 {
        let mut changed = sealed.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(keys.open("note", b"row 1", &changed).is_err(), "bit {bit}");
    }
    for length in 0..sealed.len() {
        assert!(
            keys.open("note", b"row 1", &sealed[..length]).is_err(),
            "{length} bytes"
        );
    }
}

#[test]
fn the_version_stands_in_front_and_a_missing_one_is_named() {
    let folder = Folder::new();
    let first = MasterKeys::generate(&folder.file()).unwrap();
    let old = first.seal("note", b"", b"old").unwrap();
    assert_eq!(add(&folder.file()).unwrap(), 2);
    let both = MasterKeys::load(&folder.file()).unwrap();
    assert_eq!(both.sealing_version(), 1, "it opens before it seals");
    assert!(matches!(
        retire(&folder.file(), 1),
        Err(KeyError::StillSealing(1))
    ));
    seal_with(&folder.file(), 2).unwrap();
    let second = MasterKeys::load(&folder.file()).unwrap();
    let new = second.seal("note", b"", b"new").unwrap();
    assert_eq!(
        (MasterKeys::version_of(&old), MasterKeys::version_of(&new)),
        (Some(1), Some(2))
    );
    assert_eq!(*second.open("note", b"", &old).unwrap(), b"old");
    assert_eq!(*both.open("note", b"", &new).unwrap(), b"new");
    assert!(matches!(
        first.open("note", b"", &new),
        Err(MasterKeyError::MissingVersion(2))
    ));
    retire(&folder.file(), 1).unwrap();
    let left = MasterKeys::load(&folder.file()).unwrap();
    assert_eq!(left.versions().collect::<Vec<_>>(), [2]);
    assert!(matches!(
        left.open("note", b"", &old),
        Err(MasterKeyError::MissingVersion(1))
    ));
    assert_eq!(
        fs::metadata(folder.file()).unwrap().permissions().mode() & 0o777,
        0o600
    );
    for absent in [1, 3] {
        assert!(matches!(
            seal_with(&folder.file(), absent),
            Err(KeyError::NoSuchKey(_))
        ));
        assert!(matches!(
            retire(&folder.file(), absent),
            Err(KeyError::NoSuchKey(_))
        ));
    }
    // A version is never given twice while a later one is there.
    assert_eq!(add(&folder.file()).unwrap(), 3);
}

#[test]
fn keyed_hashes_compare_within_a_version_and_differ_between_them() {
    let folder = Folder::new();
    let first = MasterKeys::generate(&folder.file()).unwrap();
    let of_first = first.keyed_hash("address", b"192.0.2.1").unwrap();
    assert_eq!(of_first, first.keyed_hash("address", b"192.0.2.1").unwrap());
    assert_ne!(
        of_first.hash,
        first.keyed_hash("address", b"192.0.2.2").unwrap().hash
    );
    assert_ne!(
        of_first.hash,
        first.keyed_hash("e-mail", b"192.0.2.1").unwrap().hash
    );
    add(&folder.file()).unwrap();
    seal_with(&folder.file(), 2).unwrap();
    let second = MasterKeys::load(&folder.file()).unwrap();
    let of_second = second.keyed_hash("address", b"192.0.2.1").unwrap();
    assert_eq!((of_first.version, of_second.version), (1, 2));
    assert_ne!(of_first.hash, of_second.hash);
    assert_eq!(
        second.keyed_hashes("address", b"192.0.2.1").unwrap(),
        [of_first, of_second]
    );
}

#[test]
fn without_keys_nothing_is_sealed_and_the_mend_is_named() {
    let none = MasterKeys::none();
    assert!(matches!(
        none.seal("note", b"", b"plain"),
        Err(MasterKeyError::NoKeys)
    ));
    assert!(matches!(
        none.open("note", b"", &[0; 64]),
        Err(MasterKeyError::NoKeys)
    ));
    assert!(matches!(
        none.keyed_hash("note", b""),
        Err(MasterKeyError::NoKeys)
    ));
    assert!(matches!(
        none.keyed_hashes("note", b""),
        Err(MasterKeyError::NoKeys)
    ));
    assert!(MasterKeyError::NoKeys.to_string().contains("TOT_MASTER_KEYS"));
}

#[test]
fn a_file_of_others_a_broken_one_and_token_keys_are_refused_without_showing_a_key() {
    let folder = Folder::new();
    MasterKeys::generate(&folder.file()).unwrap();
    assert!(matches!(
        MasterKeys::generate(&folder.file()),
        Err(KeyError::Exists(_))
    ));
    let good = fs::read_to_string(folder.file()).unwrap();
    let secret = serde_json::from_str::<MasterFile>(&good).unwrap().keys[0]
        .key
        .clone();
    assert!(!format!("{:?}", MasterKeys::load(&folder.file()).unwrap()).contains(&secret));
    for broken in [
        "",
        "{}",
        &good.replace("\"sealing\": 1", "\"sealing\": 2"),
        &good.replace("\"version\": 1", "\"version\": 0"),
        &good.replace(&secret, &secret[4..]),
    ] {
        fs::write(folder.file(), broken).unwrap();
        let error = MasterKeys::load(&folder.file()).unwrap_err();
        assert!(matches!(error, KeyError::Invalid(_)), "{broken}: {error:?}");
        assert!(!format!("{error:?} {error}").contains(&secret));
        assert!(add(&folder.file()).is_err(), "a broken file is not changed");
    }
    fs::write(folder.file(), &good).unwrap();
    fs::set_permissions(folder.file(), fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(
        MasterKeys::load(&folder.file()),
        Err(KeyError::OpenToOthers(_))
    ));
    let tokens = Folder::new();
    super::super::TokenKeys::generate(&tokens.file()).unwrap();
    assert!(matches!(
        MasterKeys::load(&tokens.file()),
        Err(KeyError::Invalid(_))
    ));
}
