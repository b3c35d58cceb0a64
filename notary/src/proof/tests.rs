//! Every way in which a proof file can be wrong, each named at the first fact it concerns.

use std::collections::BTreeMap;

use crate::key::PrivateKey;
use crate::leaf::leaf_hash;
use crate::tree::{Frontier, NodeId, inclusion_proof};

use super::*;

fn key() -> PrivateKey {
    PrivateKey::from_seed(&[1; 32])
}

/// A log of nine facts; those of one booking and of its payment are in the file, at positions 2, 3, 5, 6 and 9.
fn file() -> ProofFile {
    let streams = [
        ("day", "day_1"),
        ("booking", "booking_1"),
        ("booking", "booking_1"),
        ("booking", "booking_2"),
        ("payment", "payment_1"),
        ("booking", "booking_1"),
        ("day", "day_1"),
        ("booking", "booking_2"),
        ("payment", "payment_1"),
    ];
    let (mut frontier, mut nodes) = (Frontier::default(), BTreeMap::<NodeId, Hash>::new());
    let mut last = BTreeMap::new();
    let mut chained = Vec::new();
    for (position, (aggregate_type, aggregate_id)) in (1..).zip(streams) {
        let (sequence, previous) = last.get(aggregate_id).copied().unwrap_or((0, Hash::ZERO));
        let row = EventRow {
            aggregate_type,
            aggregate_id,
            sequence: sequence + 1,
            event_type: "Happened",
            event_version: "1",
            payload: r#"{ "note":"\u0451 \"ё\"" }"#,
            metadata: r#"{"at":"2026-11-30T00:00:00Z"}"#,
            position,
            shard: 7,
            partition_key: "1",
            recorded_at_us: 1_796_000_000_000_000 + position,
            command_id: (position % 2 == 0).then(|| Uuid::from_u128(5)),
        };
        let leaf = leaf_hash(&row, &previous);
        last.insert(aggregate_id, (sequence + 1, leaf));
        frontier.append(leaf, |id, hash| {
            nodes.insert(id, hash);
        });
        chained.push((row, previous));
    }
    let head = TreeHead {
        log_id: Uuid::from_u128(1),
        tree_size: 9,
        root_hash: frontier.root(),
        position: 9,
        time_us: 1_796_000_001_000_000,
    };
    let facts = chained
        .iter()
        .filter(|(row, _)| ["booking_1", "payment_1"].contains(&row.aggregate_id))
        .map(|(row, previous)| {
            let index = row.position.unsigned_abs() - 1;
            FactProof::new(row, *previous, inclusion_proof(&nodes, index, 9).unwrap())
        });
    ProofFile {
        form: Form::V1,
        head: head.sign(&key()),
        public_key: key().public(),
        facts: facts.collect(),
    }
}

fn judge(file: &ProofFile) -> Result<Checked, ProofRefusal> {
    check(file.to_json().unwrap().as_bytes(), &key().public())
}

/// What is refused when the file is changed so: the position of the fact that is named, and why.
fn refused(change: impl FnOnce(&mut ProofFile)) -> (i64, NotProven) {
    let mut file = file();
    change(&mut file);
    match judge(&file) {
        Err(ProofRefusal::NotProven { fact, why }) => (fact.position, why),
        other => panic!("{other:?}"),
    }
}

#[test]
fn whole_streams_are_proven() {
    let checked = judge(&file()).unwrap();
    assert_eq!(checked.head, *file().head.unverified());
    let stream = |aggregate_type: &str, aggregate_id: &str, last_sequence, last_position| CheckedStream {
        aggregate_type: aggregate_type.to_owned(),
        aggregate_id: aggregate_id.to_owned(),
        last_sequence,
        last_position,
    };
    assert_eq!(
        checked.streams,
        [
            stream("booking", "booking_1", 3, 6),
            stream("payment", "payment_1", 2, 9)
        ]
    );
}

#[test]
fn changed_bytes_are_named_at_their_fact() {
    let changes: [fn(&mut FactProof); 9] = [
        |fact| fact.event_type.push('x'),
        |fact| fact.event_version = "2".to_owned(),
        |fact| fact.payload = r#"{"note":"ё \"ё\""}"#.to_owned(), // The same JSON in other bytes.
        |fact| fact.metadata.push(' '),
        |fact| fact.shard += 1,
        |fact| fact.partition_key.clear(),
        |fact| fact.recorded_at_us -= 1,
        |fact| fact.command_id = Some(Uuid::nil()),
        |fact| fact.leaf_hash = Hash::ZERO,
    ];
    for change in changes {
        assert_eq!(
            refused(|file| change(&mut file.facts[2])),
            (5, NotProven::BytesChanged)
        );
    }
    // A null that becomes a value, and a value that becomes null.
    assert!(file().facts[2].command_id.is_none());
    let refused = refused(|file| file.facts[3].command_id = None);
    assert_eq!(refused, (6, NotProven::BytesChanged));
}

#[test]
fn bytes_changed_together_with_their_hashes_lead_elsewhere() {
    let refused = refused(|file| {
        let fact = &mut file.facts[4];
        fact.payload = "{}".to_owned();
        fact.leaf_hash = leaf_hash(&fact.row(), &fact.previous_leaf_hash);
    });
    assert_eq!(refused, (9, NotProven::WrongPath(InclusionRefusal::AnotherRoot)));
}

#[test]
fn a_wrong_path_is_named_at_its_fact() {
    let wrong = |why| (3, NotProven::WrongPath(why));
    assert_eq!(
        refused(|file| file.facts[1].inclusion_path[0] = Hash::ZERO),
        wrong(InclusionRefusal::AnotherRoot)
    );
    assert_eq!(
        refused(|file| file.facts[1].inclusion_path.truncate(1)),
        wrong(InclusionRefusal::PathTooShort)
    );
    assert_eq!(
        refused(|file| file.facts[1].inclusion_path.push(Hash::ZERO)),
        wrong(InclusionRefusal::PathTooLong)
    );
}

#[test]
fn a_fact_beyond_the_head_is_not_proven() {
    let refused = refused(|file| {
        let fact = &mut file.facts[4];
        fact.position = 10;
        fact.leaf_hash = leaf_hash(&fact.row(), &fact.previous_leaf_hash);
    });
    let why = InclusionRefusal::OutsideTree { index: 9, size: 9 };
    assert_eq!(refused, (10, NotProven::WrongPath(why)));
}

#[test]
fn a_stream_is_gapless_from_its_first_fact() {
    let missing = |expected| NotProven::MissingSequence { expected };
    assert_eq!(refused(|file| drop(file.facts.remove(0))), (3, missing(1)));
    assert_eq!(refused(|file| drop(file.facts.remove(1))), (6, missing(2)));
    assert_eq!(refused(|file| drop(file.facts.remove(2))), (9, missing(1)));
}

#[test]
fn a_stream_is_chained() {
    let first = refused(|file| file.facts[0].previous_leaf_hash = Hash::of_nothing());
    assert_eq!(first, (2, NotProven::ChainBroken));
    let later = refused(|file| file.facts[3].previous_leaf_hash = Hash::ZERO);
    assert_eq!(later, (6, NotProven::ChainBroken));
}

#[test]
fn facts_stand_once_and_in_their_order() {
    let repeated = refused(|file| file.facts.insert(1, file.facts[0].clone()));
    assert_eq!(repeated, (2, NotProven::OutOfOrder { before: 2 }));
    assert_eq!(
        refused(|file| file.facts.swap(1, 2)),
        (3, NotProven::OutOfOrder { before: 5 })
    );
    for position in [0, -1, i64::MIN] {
        let refused = refused(|file| file.facts[0].position = position);
        assert_eq!(refused, (position, NotProven::OutOfOrder { before: 0 }));
    }
}

#[test]
fn the_head_must_be_the_trusted_notarys() {
    let file = file();
    let stranger = PrivateKey::from_seed(&[2; 32]);
    let by_stranger = file.head.unverified().sign(&stranger);
    let trusted = key().public().id();
    let signed_by = stranger.public().id();
    let another_key = HeadRefusal::AnotherKey { trusted, signed_by };
    // A stranger's file is coherent in itself.
    let forged = ProofFile {
        head: by_stranger,
        public_key: stranger.public(),
        ..file.clone()
    };
    assert!(check(forged.to_json().unwrap().as_bytes(), &stranger.public()).is_ok());
    assert!(matches!(judge(&forged), Err(ProofRefusal::Head(why)) if why == another_key));

    let text = file.to_json().unwrap();
    let time = file.head.unverified().time_us;
    let changed = text.replace(&time.to_string(), &(time + 1).to_string());
    assert!(matches!(
        check(changed.as_bytes(), &key().public()),
        Err(ProofRefusal::Head(HeadRefusal::SignatureWrong))
    ));

    let misleading = ProofFile {
        public_key: stranger.public(),
        ..file
    };
    assert!(matches!(judge(&misleading), Err(ProofRefusal::MisleadingKey)));
}

#[test]
fn a_file_without_facts_proves_nothing() {
    let empty = ProofFile {
        facts: vec![],
        ..file()
    };
    assert!(matches!(judge(&empty), Err(ProofRefusal::NoFacts)));
}

#[test]
fn a_form_that_is_not_understood_is_refused() {
    let text = file().to_json().unwrap();
    for wrong in [
        String::new(),
        text[1..].to_owned(),
        text.replace("tot-proof/1", "tot-proof/2"),
        text.replacen("\"command_id\": null,", "", 1),
        text.replacen("\"shard\": 7,", "\"shard\": 7, \"shard\": 7,", 1),
        text.replacen("\"shard\": 7,", "\"shard\": 7.0,", 1),
        text.replacen("\"shard\": 7,", "\"shard\": 7, \"more\": 1,", 1),
        format!("{text}{text}"),
    ] {
        assert_ne!(wrong, text);
        let refused = check(wrong.as_bytes(), &key().public());
        assert!(matches!(refused, Err(ProofRefusal::NotUnderstood(_))), "{wrong}");
    }
}

/// Every bit in a build with optimisation; without it, one of each byte.
#[test]
fn no_bit_of_a_file_can_be_flipped() {
    let file = file();
    let text = serde_json::to_string(&file).unwrap().into_bytes();
    for place in 0..text.len() {
        let bits = if cfg!(debug_assertions) {
            place % 8..place % 8 + 1
        } else {
            0..8
        };
        for bit in bits {
            let mut flipped = text.clone();
            flipped[place] ^= 1 << bit;
            if check(&flipped, &key().public()).is_ok() {
                // Another spelling of the same file, such as a letter's case in an id.
                let read: ProofFile = serde_json::from_slice(&flipped).unwrap();
                assert_eq!(read, file, "bit {bit} of byte {place}");
            }
        }
    }
}

#[test]
fn a_refusal_says_which_fact_and_why() {
    let mut file = file();
    file.facts[3].payload.push(' ');
    let refusal = judge(&file).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "the fact at position 6 (number 3 of booking booking_1) is not proven"
    );
    let why = std::error::Error::source(&refusal).unwrap().to_string();
    assert_eq!(why, "its bytes were changed: they have another leaf hash");
}
