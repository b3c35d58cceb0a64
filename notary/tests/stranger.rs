//! A stranger checks a proof: a file written here, judged by a program that shares no line with this crate.

#![expect(
    clippy::unwrap_used,
    reason = "a proof that cannot be made or a file that cannot be written is a failed test"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use notary::proof::{FactProof, Form};
use notary::tree::inclusion_proof;
use notary::{
    EventRow, Frontier, Hash, NodeId, PrivateKey, ProofFile, ProofRefusal, TreeHead, check, leaf_hash,
};
use uuid::Uuid;

/// More than 64 facts, so that paths have their longest and their most uneven forms.
const FACTS: u64 = 77;

#[test]
fn a_proof_convinces_a_stranger_and_a_changed_one_does_not() {
    let (key, stranger) = (PrivateKey::from_seed(&[1; 32]), PrivateKey::from_seed(&[2; 32]));
    let file = file(&key);
    let text = file.to_json().unwrap();
    assert!(check(text.as_bytes(), &key.public()).is_ok());
    assert_eq!(
        ask("whole", &text, &key),
        Ok(
            "PROVEN: 52 facts of 2 streams in log 00000000-0000-0000-0000-000000000009 of 77 facts"
                .to_owned()
        )
    );

    let changed = |change: fn(&mut ProofFile)| {
        let mut changed = file.clone();
        change(&mut changed);
        changed.to_json().unwrap()
    };
    let at_5 = "REFUSED: position 5, booking Ёлка, number 2: ";
    let refusals = [
        (
            "payload",
            changed(|file| file.facts[3].payload.push(' ')),
            format!("{at_5}bytes changed"),
        ),
        (
            "path",
            changed(|file| file.facts[3].inclusion_path[5] = Hash::ZERO),
            format!("{at_5}wrong path"),
        ),
        (
            "short",
            changed(|file| file.facts[3].inclusion_path.truncate(6)),
            format!("{at_5}wrong path"),
        ),
        (
            "chain",
            changed(|file| file.facts[3].previous_leaf_hash = Hash::ZERO),
            format!("{at_5}chain broken"),
        ),
        (
            "gap",
            changed(|file| drop(file.facts.remove(1))),
            format!("{at_5}number 1 is missing"),
        ),
        (
            "order",
            changed(|file| file.facts.swap(2, 3)),
            "REFUSED: position 4, payment 1, number 2: out of order or beyond the head".to_owned(),
        ),
        (
            "time",
            text.replace("1796000001000000", "1796000001000001"),
            "REFUSED: wrong signature of the head".to_owned(),
        ),
    ];
    for (name, changed, refusal) in refusals {
        assert!(check(changed.as_bytes(), &key.public()).is_err(), "{name}");
        assert_eq!(ask(name, &changed, &key), Err(refusal), "{name}");
    }
    assert_eq!(
        ask("key", &text, &stranger),
        Err("REFUSED: another key: the head is not signed with the one that you trust".to_owned())
    );
}

/// As a reader of ours refuses it, so does the stranger, in one line: no other text of a value is taken, and nothing ends in a traceback.
#[test]
fn whatever_is_no_proof_is_refused_in_one_line() {
    let key = PrivateKey::from_seed(&[1; 32]);
    let text = file(&key).to_json().unwrap();
    let upper = |field: &str| {
        let at = text.find(&format!("\"{field}\": ")).unwrap() + field.len() + 4;
        let letter = text[at..]
            .find(|letter: char| ('a'..='f').contains(&letter))
            .unwrap()
            + at;
        let mut changed = text.clone().into_bytes();
        changed[letter] = changed[letter].to_ascii_uppercase();
        String::from_utf8(changed).unwrap()
    };
    let path = text.find("\"inclusion_path\"").unwrap();
    let mut in_path = text.clone().into_bytes();
    let letter = text[path + 20..]
        .find(|letter: char| ('a'..='f').contains(&letter))
        .unwrap()
        + path
        + 20;
    in_path[letter] = in_path[letter].to_ascii_uppercase();
    let mut changed = vec![
        String::new(),
        "[]".to_owned(),
        "{\"form\": \n\n".to_owned(),
        text[..text.len() / 2].to_owned(),
        text.replace("\"facts\"", "\"fasts\""),
        text.replace("\"sequence\": 2", "\"sequence\": \"2\""),
        text.replace("\"shard\": -1", "\"shard\": 99999"),
        text.replace("\"tree_size\": 77", "\"tree_size\": 77.0"),
        text.replace("\"sequence\": 1,", "\"sequence\": true,"),
        text.replace("00000000000a\"", "00000000000A\""),
        upper("root_hash"),
        upper("signature"),
        upper("public_key"),
        upper("leaf_hash"),
        String::from_utf8(in_path).unwrap(),
    ];
    // One bit of each, here and there: a 61st of all bits.
    changed.extend(
        (0..text.len() * 8)
            .step_by(text.len() * 8 / 61)
            .filter_map(|bit| {
                let mut bytes = text.clone().into_bytes();
                bytes[bit / 8] ^= 1 << (bit % 8);
                String::from_utf8(bytes).ok()
            }),
    );
    assert!(text.contains("00000000000a\""), "an id with a letter");
    for (number, changed) in changed.iter().enumerate() {
        let about = format!("{number}: {:?}", changed.chars().take(300).collect::<String>());
        assert!(check(changed.as_bytes(), &key.public()).is_err(), "{about}");
        let said = ask(&format!("none-{number}"), changed, &key).unwrap_err();
        assert!(
            said.starts_with("REFUSED: ") && said.lines().count() == 1,
            "{about}\n{said}"
        );
    }
}

/// A byte of the key that a file names beside its head is changed: both say that it is the key, whether it is one still or not.
#[test]
fn a_changed_public_key_is_said_to_be_at_fault() {
    let key = PrivateKey::from_seed(&[1; 32]);
    let text = file(&key).to_json().unwrap();
    let named = key.public().to_string();
    let (mut misleading, mut none) = (0, 0);
    for digit in 0..named.len() {
        let mut other = named.clone();
        let changed = if named.as_bytes()[digit] == b'7' { "8" } else { "7" };
        other.replace_range(digit..=digit, changed);
        let changed = text.replace(&format!("\"{named}\""), &format!("\"{other}\""));
        assert_ne!(changed, text);
        match check(changed.as_bytes(), &key.public()).unwrap_err() {
            ProofRefusal::MisleadingKey => misleading += 1,
            ProofRefusal::NotUnderstood(why) => {
                assert!(why.to_string().starts_with("its public_key is no key"), "{why}");
                none += 1;
            }
            other @ (ProofRefusal::Head(_) | ProofRefusal::NoFacts | ProofRefusal::NotProven { .. }) => {
                panic!("{other}")
            }
        }
        if digit < 4 {
            let said = ask(&format!("key-{digit}"), &changed, &key).unwrap_err();
            assert!(said.starts_with("REFUSED: another key: public_key"), "{said}");
        }
    }
    assert!(misleading > 10 && none > 10, "{misleading} and {none}");
}

/// Neither proven nor refused: nothing was looked at.
#[test]
fn what_cannot_be_looked_at_is_not_called_refused() {
    for (arguments, said) in [
        (&[][..], "usage: check_proof.py <proof.json> <public-key.pem>"),
        (
            &["/nowhere/proof.json", "/nowhere/key.pem"][..],
            "cannot read /nowhere/proof.json: ",
        ),
    ] {
        let output = checker().args(arguments).output().unwrap();
        let wrong = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
        assert!(wrong.starts_with(said) && wrong.lines().count() == 1, "{wrong}");
    }
}

fn checker() -> Command {
    let mut checker = Command::new(std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned()));
    checker
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/check_proof.py"))
        .env("PYTHONIOENCODING", "utf-8");
    checker
}

/// What the program says of a file, as trusting this key.
fn ask(name: &str, text: &str, trusted: &PrivateKey) -> Result<String, String> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let (file, key) = (
        folder.join(format!("{name}.json")),
        folder.join(format!("{name}.pem")),
    );
    std::fs::write(&file, text).unwrap();
    std::fs::write(&key, trusted.public().to_spki_pem().unwrap()).unwrap();
    let answer = checker().args([file, key]).output().unwrap();
    let words = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().trim().to_owned();
    if answer.status.success() {
        Ok(words(answer.stdout))
    } else {
        Err(words(answer.stderr))
    }
}

/// Every third fact is another stream's, which stays out of the file.
fn file(key: &PrivateKey) -> ProofFile {
    let streams = [("payment", "1"), ("booking", "Ёлка"), ("day", "day_1")];
    let (mut frontier, mut nodes) = (Frontier::default(), BTreeMap::<NodeId, Hash>::new());
    let mut last = [(0, Hash::ZERO); 3];
    let mut proven = Vec::new();
    for index in 0..FACTS {
        let stream = usize::try_from(index % 3).unwrap();
        let (aggregate_type, aggregate_id) = streams[stream];
        let (sequence, previous) = last[stream];
        let position = i64::try_from(index + 1).unwrap();
        let row = EventRow {
            aggregate_type,
            aggregate_id,
            sequence: sequence + 1,
            event_type: "Happened",
            event_version: "1",
            payload: "{\"note\": \"\\u0451 \\\"ё\\\" \u{1f600}\\n\u{7f}\"}",
            metadata: "{}",
            position,
            shard: -1,
            partition_key: "",
            recorded_at_us: -1_796_000_000_000_000 + position,
            command_id: (index % 2 == 0).then(|| Uuid::from_u128(index.into())),
        };
        let leaf = leaf_hash(&row, &previous);
        last[stream] = (sequence + 1, leaf);
        frontier.append(leaf, |id, hash| {
            nodes.insert(id, hash);
        });
        if stream < 2 {
            proven.push((row, previous));
        }
    }
    let head = TreeHead {
        log_id: Uuid::from_u128(9),
        tree_size: FACTS,
        root_hash: frontier.root(),
        position: FACTS.try_into().unwrap(),
        time_us: 1_796_000_001_000_000,
    };
    let proof = |(row, previous): &(EventRow<'_>, Hash)| {
        let index = row.position.unsigned_abs() - 1;
        FactProof::new(row, *previous, inclusion_proof(&nodes, index, FACTS).unwrap())
    };
    ProofFile {
        form: Form::V1,
        head: head.sign(key),
        public_key: key.public(),
        facts: proven.iter().map(proof).collect(),
    }
}
