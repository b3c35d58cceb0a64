//! One call of `append_facts`: the parts of a batch as arrays, the answers as arrays.

use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use super::{Append, Appended, PriorCommit};
use crate::Position;

const CALL: &str = "select head, recorded, conflicted, replayed, replayed_from, replayed_to, replayed_digests \
     from append_facts($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, \
                       $21, $22)";

/// What became of each command, in the batch's order, and the head afterwards.
pub(super) struct Answers {
    pub answers: Vec<Appended>,
    pub head: Position,
}

/// Appends the batch in one round trip, which is one transaction.
pub(super) async fn append_batch(
    connection: &mut PgConnection,
    batch: &[&Append],
    dependent: &[bool],
) -> Result<Answers, sqlx::Error> {
    let columns = Columns::of(batch, dependent);
    let row = sqlx::query(CALL)
        .bind(&columns.command_ids[..])
        .bind(&columns.check_commands[..])
        .bind(&columns.check_types[..])
        .bind(&columns.check_ids[..])
        .bind(&columns.check_versions[..])
        .bind(&columns.fact_commands[..])
        .bind(&columns.fact_command_ids[..])
        .bind(&columns.fact_types[..])
        .bind(&columns.fact_ids[..])
        .bind(&columns.fact_sequences[..])
        .bind(&columns.fact_event_types[..])
        .bind(&columns.fact_event_versions[..])
        .bind(&columns.fact_payloads[..])
        .bind(&columns.fact_metadata[..])
        .bind(&columns.fact_shards[..])
        .bind(&columns.fact_partition_keys[..])
        .bind(&columns.row_commands[..])
        .bind(&columns.row_ids[..])
        .bind(&columns.row_subjects[..])
        .bind(&columns.row_kinds[..])
        .bind(&columns.row_salts[..])
        .bind(&columns.row_bodies[..])
        .fetch_one(connection)
        .await?;
    read_answers(&row, batch)
}

#[derive(Default)]
struct Columns<'a> {
    command_ids: Vec<Uuid>,
    check_commands: Vec<i32>,
    check_types: Vec<&'a str>,
    check_ids: Vec<&'a str>,
    check_versions: Vec<i64>,
    fact_commands: Vec<i32>,
    fact_command_ids: Vec<Option<Uuid>>,
    fact_types: Vec<&'a str>,
    fact_ids: Vec<&'a str>,
    fact_sequences: Vec<i64>,
    fact_event_types: Vec<&'a str>,
    fact_event_versions: Vec<&'a str>,
    fact_payloads: Vec<&'a str>,
    fact_metadata: Vec<&'a str>,
    fact_shards: Vec<i16>,
    fact_partition_keys: Vec<&'a str>,
    row_commands: Vec<i32>,
    row_ids: Vec<Uuid>,
    row_subjects: Vec<Uuid>,
    row_kinds: Vec<&'a str>,
    row_salts: Vec<&'a [u8]>,
    row_bodies: Vec<&'a str>,
}

impl<'a> Columns<'a> {
    fn of(batch: &[&'a Append], dependent: &[bool]) -> Self {
        let mut columns = Self::default();
        for ((number, append), dependent) in (1..).zip(batch.iter().copied()).zip(dependent) {
            columns.command_ids.push(append.command_id);
            for (name, version) in &append.streams {
                // The function knows by the sign that others of the batch come first.
                columns
                    .check_commands
                    .push(if *dependent { -number } else { number });
                columns.check_types.push(name.aggregate);
                columns.check_ids.push(&name.id);
                columns.check_versions.push(*version);
            }
            columns.add_facts(number, append);
            for row in &append.rows {
                columns.row_commands.push(number);
                columns.row_ids.push(row.id);
                columns.row_subjects.push(row.subject_id);
                columns.row_kinds.push(row.kind);
                columns.row_salts.push(&row.salt);
                columns.row_bodies.push(&row.body);
            }
        }
        columns
    }

    fn add_facts(&mut self, number: i32, append: &'a Append) {
        let mut command_id = Some(append.command_id); // On the first fact only.
        for fact in &append.facts {
            let Some((name, _)) = append.streams.get(fact.stream) else {
                continue;
            };
            self.fact_commands.push(number);
            self.fact_command_ids.push(command_id.take());
            self.fact_types.push(name.aggregate);
            self.fact_ids.push(&name.id);
            self.fact_sequences.push(fact.sequence);
            self.fact_event_types.push(&fact.event_type);
            self.fact_event_versions.push(&fact.event_version);
            self.fact_payloads.push(&fact.payload);
            self.fact_metadata.push(&append.metadata);
            self.fact_shards.push(name.shard());
            self.fact_partition_keys.push(&name.partition_key);
        }
    }
}

fn read_answers(row: &PgRow, batch: &[&Append]) -> Result<Answers, sqlx::Error> {
    let mut head: Position = row.try_get(0)?;
    let recorded_at: Timestamp = row.try_get::<jiff_sqlx::Timestamp, _>(1)?.to_jiff();
    let conflicted: Vec<i32> = row.try_get::<Option<_>, _>(2)?.unwrap_or_default();
    let replayed: Vec<i32> = row.try_get::<Option<_>, _>(3)?.unwrap_or_default();
    let mut earlier = Vec::new();
    if !replayed.is_empty() {
        let first: Vec<Position> = row.try_get(4)?;
        let last: Vec<Position> = row.try_get(5)?;
        let digests: Vec<Option<String>> = row.try_get(6)?;
        earlier.extend(
            first
                .into_iter()
                .zip(last)
                .zip(digests)
                .map(|((first, last), digest)| PriorCommit {
                    first,
                    last,
                    digest: digest.unwrap_or_default(),
                }),
        );
    }
    let mut answers = Vec::with_capacity(batch.len());
    for (number, append) in (1_i32..).zip(batch) {
        let replay = replayed
            .iter()
            .position(|command| *command == number)
            .and_then(|at| earlier.get(at));
        if let Some(earlier) = replay {
            answers.push(Appended::Replayed(earlier.clone()));
        } else if conflicted.contains(&number) {
            answers.push(Appended::Conflict);
        } else {
            answers.push(Appended::Committed {
                first: head + 1,
                recorded_at,
            });
            head += i64::try_from(append.facts.len()).unwrap_or(i64::MAX);
        }
    }
    Ok(Answers { answers, head })
}
