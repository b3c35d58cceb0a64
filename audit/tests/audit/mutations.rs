//! A thousand changes that whoever may do all could make, one at a time: each is found, and named by its position.

use std::collections::BTreeMap;
use std::time::Instant;

use audit::verify::finding::Kind;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sqlx::Row;

use crate::kit::TestLog;

const MUTATIONS: usize = 1_050;
/// Facts that are hashed, and those behind.
const HASHED: i64 = 300;
const FACTS: i64 = 305;
/// The columns, and how one byte of them is changed. `{n}` is where, `{c}` what is put there.
const TEXTS: [&str; 7] = [
    "aggregate_type",
    "aggregate_id",
    "event_type",
    "event_version",
    "payload",
    "metadata",
    "partition_key",
];

/// One change, and what may be told of it.
struct Mutation {
    name: String,
    statements: Vec<String>,
    kinds: Vec<Kind>,
    /// None of a fact that has none.
    position: Option<i64>,
}

#[tokio::test]
async fn a_thousand_random_changes_are_all_found_and_named() {
    let begun = Instant::now();
    let mut log = TestLog::open().await;
    log.signed_until(100).await;
    log.signed_until(HASHED).await;
    log.fill(FACTS).await;
    log.loosen().await;
    let seed: u64 = rand::random();
    let mut random = StdRng::seed_from_u64(seed);
    let mut told: BTreeMap<(String, Kind), usize> = BTreeMap::new();
    for number in 0..MUTATIONS {
        let mutation = draw(&mut log, &mut random).await;
        let (given_back, report) = log.verify_after(&mutation.statements).await;
        log = given_back;
        let named = report.findings.iter().find(|finding| {
            mutation.kinds.contains(&finding.kind)
                && (finding.position == mutation.position
                    || finding.other.is_some() && finding.other == mutation.position)
        });
        let Some(named) = named else {
            panic!(
                "seed {seed}, change {number}, {} at {:?}: {:#?}\n{:#?}",
                mutation.name, mutation.position, mutation.statements, report.findings
            );
        };
        *told.entry((mutation.name, named.kind)).or_default() += 1;
    }
    println!("seed {seed}, {:?}: {told:#?}", begun.elapsed());
    let (_, report) = log.verify().await;
    assert!(report.is_clean(), "all was taken back: {report:?}");
}

async fn draw(log: &mut TestLog, random: &mut StdRng) -> Mutation {
    let position = random.random_range(1..=HASHED);
    match random.random_range(0..13) {
        0..=4 => change_text(log, random, position).await,
        5 => change_number(random, position),
        6 => drop_one(random, position),
        7 | 8 => swap(random, position),
        9 => insert(random, position),
        10 => backdate(random, position),
        11 => unsettle(random, position),
        _ => change_command(log, position).await,
    }
}

/// Changes one character of a text; of JSON so that it stays JSON.
async fn change_text(log: &mut TestLog, random: &mut StdRng, position: i64) -> Mutation {
    let column = TEXTS[random.random_range(0..TEXTS.len())];
    let row = sqlx::query(&format!("select {column}::text from events where position = $1"))
        .bind(position)
        .fetch_one(&mut log.owner)
        .await
        .unwrap();
    let text: String = row.get(0);
    let is_json = matches!(column, "payload" | "metadata");
    let changed = loop {
        let mut characters: Vec<char> = text.chars().collect();
        let at = random.random_range(0..characters.len());
        let before = characters[at];
        characters[at] = char::from(random.random_range(b' '..=b'~'));
        let changed: String = characters.iter().collect();
        let fits = !is_json || serde_json::from_str::<&serde_json::value::RawValue>(&changed).is_ok();
        if characters[at] != before && fits {
            break changed;
        }
    };
    let kind = if is_json { "json" } else { "text" };
    Mutation {
        name: format!("change {column}"),
        statements: vec![format!(
            "update events set {column} = $x${changed}$x$::{kind} where position = {position}"
        )],
        kinds: vec![Kind::Changed],
        position: Some(position),
    }
}

fn change_number(random: &mut StdRng, position: i64) -> Mutation {
    let (column, change, kinds) = match random.random_range(0..5) {
        0 => ("sequence", "sequence + 1000", vec![Kind::Changed]),
        1 => ("sequence", "-sequence", vec![Kind::Changed]),
        2 => ("shard", "(shard + 1) % 32", vec![Kind::Changed]),
        3 => ("position", "-position", vec![Kind::Moved]),
        _ => ("position", "position + 1000000", vec![Kind::Moved]),
    };
    Mutation {
        name: format!("change {column}"),
        statements: vec![format!(
            "update events set {column} = {change} where position = {position}"
        )],
        kinds,
        position: Some(position),
    }
}

/// The command's id: there, another, or gone.
async fn change_command(log: &mut TestLog, position: i64) -> Mutation {
    let known: bool = sqlx::query_scalar("select command_id is not null from events where position = $1")
        .bind(position)
        .fetch_one(&mut log.owner)
        .await
        .unwrap();
    let to = if known && position % 3 == 0 {
        "null"
    } else {
        "gen_random_uuid()"
    };
    Mutation {
        name: "change command_id".to_owned(),
        statements: vec![format!(
            "update events set command_id = {to} where position = {position}"
        )],
        kinds: vec![Kind::Changed],
        position: Some(position),
    }
}

/// Drops a fact; the others close up, or not.
fn drop_one(random: &mut StdRng, position: i64) -> Mutation {
    let mut statements = vec![format!("delete from events where position = {position}")];
    if random.random() {
        statements.push(format!(
            "update events set position = -(position - 1) where position > {position}"
        ));
        statements.push("update events set position = -position where position < 0".to_owned());
    }
    Mutation {
        name: format!("drop, {} statements", statements.len()),
        statements,
        kinds: vec![Kind::Dropped, Kind::Changed],
        position: Some(position),
    }
}

/// Two facts in each other's place: whole, with their times, or their payloads alone.
fn swap(random: &mut StdRng, position: i64) -> Mutation {
    let other = loop {
        let other = random.random_range(1..=HASHED);
        if other != position {
            break other;
        }
    };
    let exchange = |columns: &str| {
        let values: Vec<String> = columns.split(", ").map(|column| format!("b.{column}")).collect();
        format!(
            "update events a set ({columns}) = row({}) from events b \
             where (a.position, b.position) in (({position}, {other}), ({other}, {position}))",
            values.join(", ")
        )
    };
    let mut statements = vec![
        format!("update events set position = -7 where position = {position}"),
        format!("update events set position = {position} where position = {other}"),
        format!("update events set position = {other} where position = -7"),
    ];
    let (name, kinds) = match random.random_range(0..3) {
        0 => ("swap", vec![Kind::Swapped]),
        1 => {
            statements.push(exchange("recorded_at"));
            ("swap with times", vec![Kind::Swapped])
        }
        _ => {
            statements = vec![exchange("event_type, event_version, payload, metadata")];
            ("swap events", vec![Kind::Changed])
        }
    };
    Mutation {
        name: name.to_owned(),
        statements,
        kinds,
        position: Some(position),
    }
}

/// A new fact: between others that make room, below the first position, or far behind the last.
fn insert(random: &mut StdRng, position: i64) -> Mutation {
    let copy = |at: i64, of: i64| {
        format!(
            "insert into events select aggregate_type, 'another', 1, event_type, event_version, payload, metadata, {at}, shard, \
             partition_key, recorded_at, null from events where position = {of}"
        )
    };
    let (name, at, statements) = match random.random_range(0..3) {
        0 => (
            "insert between",
            position,
            vec![
                format!("update events set position = -(position + 1) where position >= {position}"),
                "update events set position = -position where position < 0".to_owned(),
                copy(position, position + 1),
            ],
        ),
        1 => ("insert below", -position, vec![copy(-position, position)]),
        _ => (
            "insert far behind",
            FACTS + 1 + position,
            vec![copy(FACTS + 1 + position, position)],
        ),
    };
    Mutation {
        name: name.to_owned(),
        statements,
        // In the place of the last hashed fact, which is no longer among them: that one looks changed. What stands far behind may be
        // genuine, and others gone before it.
        kinds: match at {
            HASHED => vec![Kind::Inserted, Kind::Changed],
            _ if at > FACTS => vec![Kind::Hole],
            _ => vec![Kind::Inserted],
        },
        position: Some(at.min(FACTS + 1)),
    }
}

/// What no position shows: a fact that lost its own, one that never had any, and the same number of a stream again at the end.
fn unsettle(random: &mut StdRng, position: i64) -> Mutation {
    let again = |at: &str| {
        format!(
            "insert into events select aggregate_type, aggregate_id, sequence, event_type, event_version, '{{}}', metadata, {at}, shard, \
             partition_key, (select max(recorded_at) from events), null from events where position = {position}"
        )
    };
    let end = FACTS + 1;
    let (name, statement, kind, position) = match random.random_range(0..3) {
        0 => (
            "lose its position",
            format!("update events set position = null where position = {position}"),
            Kind::Moved,
            Some(position),
        ),
        1 => ("insert nowhere", again("null"), Kind::Inserted, None),
        _ => (
            "number again",
            again(&end.to_string()),
            Kind::Duplicate,
            Some(end),
        ),
    };
    Mutation {
        name: name.to_owned(),
        statements: vec![statement],
        kinds: vec![kind],
        position,
    }
}

fn backdate(random: &mut StdRng, position: i64) -> Mutation {
    let us: i64 = random.random_range(1..100_000_000_000);
    Mutation {
        name: "backdate".to_owned(),
        statements: vec![format!(
            "update events set recorded_at = recorded_at - interval '{us} microseconds' where position = {position}"
        )],
        kinds: vec![Kind::Backdated],
        position: Some(position),
    }
}
