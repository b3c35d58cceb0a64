//! Names what happened to rows that are not as they were: tries, for each, where its bytes and its time would be right.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use notary::{EventRow, Hash, leaf_hash};
use sqlx::PgConnection;

use super::finding::{Finding, Kind, StreamPlace};
use super::range::Suspects;
use super::tail::place;
use crate::leaves::{self, Leaf};
use crate::row::StoredRow;

/// Up to so many suspects, each is tried at the place of each other; beyond, only beside its own.
const TRIED_EVERYWHERE_MAX: usize = 300;
/// Up to so many facts are looked for in the streams around them.
const STREAMS_LOOKED_UP_MAX: usize = 100;

/// Names the suspects.
///
/// # Errors
/// What Postgres answers.
pub async fn name(connection: &mut PgConnection, suspects: &Suspects) -> sqlx::Result<Vec<Finding>> {
    let known = Known::read(connection, suspects).await?;
    let mut named = known.name(suspects);
    for finding in named.iter_mut().take(STREAMS_LOOKED_UP_MAX) {
        let is_about_a_fact = matches!(finding.kind, Kind::Dropped | Kind::Changed | Kind::Moved);
        if let (true, Some(position)) = (is_about_a_fact, finding.position)
            && let Some(stream) = stream_around(connection, &known, position).await?
        {
            finding.stream = Some(stream);
        }
    }
    Ok(named)
}

/// What is stored of the places that suspects may come from.
struct Known {
    leaves: HashMap<i64, Leaf>,
    previous: HashMap<i64, Hash>,
    /// Hashed positions that are suspect themselves.
    places: Vec<i64>,
}

impl Known {
    async fn read(connection: &mut PgConnection, suspects: &Suspects) -> sqlx::Result<Self> {
        let rows = suspects.mismatched.iter().chain(&suspects.extra);
        let rows = rows.chain(&suspects.behind_hole);
        let rows: Vec<i64> = rows.filter_map(StoredRow::position).collect();
        let mut places: Vec<i64> = suspects
            .mismatched
            .iter()
            .filter_map(StoredRow::position)
            .collect();
        places.extend(&suspects.missing);
        let beside = rows
            .iter()
            .flat_map(|position| [position.saturating_sub(1), *position, position.saturating_add(1)]);
        let asked: HashSet<i64> = beside.chain(places.iter().copied()).collect();
        let asked: Vec<i64> = asked.into_iter().collect();
        let leaves = leaves::at(connection, &asked).await?;
        let previous: Vec<i64> = leaves.values().map(|leaf| leaf.previous).collect();
        let previous = leaves::hashes_at(connection, &previous).await?;
        Ok(Self {
            leaves,
            previous,
            places,
        })
    }

    fn name(&self, suspects: &Suspects) -> Vec<Finding> {
        let origin = |row: &StoredRow| Some((row.position()?, self.origin(row)?));
        let moved: HashMap<i64, i64> = suspects.mismatched.iter().filter_map(origin).collect();
        let mut found_elsewhere: HashSet<i64> = moved.values().copied().collect();
        let mut findings = Vec::new();
        for row in &suspects.extra {
            let position = row.position().unwrap_or(0);
            findings.push(self.found(row, &mut found_elsewhere).unwrap_or_else(|| {
                let stream = row.columns().ok().map(|columns| place(&columns));
                Finding::at(Kind::Inserted, position, "this fact was never hashed").of(stream)
            }));
        }
        // Behind a hole stand genuine facts, too: the hole is told, and they are not accused.
        for row in &suspects.behind_hole {
            findings.extend(self.found(row, &mut found_elsewhere));
        }
        for row in &suspects.unplaced {
            findings.push(self.unplaced(row, &mut found_elsewhere));
        }
        // What stands in the place of a fact that is found elsewhere, and comes from nowhere.
        let stands = suspects.mismatched.iter().filter_map(StoredRow::position);
        let inserted: HashSet<i64> = stands
            .filter(|position| !moved.contains_key(position) && found_elsewhere.contains(position))
            .collect();
        for row in &suspects.mismatched {
            findings.extend(self.mismatched(row, &moved, &inserted));
        }
        for position in &suspects.missing {
            if !found_elsewhere.contains(position) {
                findings.push(Finding::at(Kind::Dropped, *position, "its fact is gone"));
            }
        }
        findings.sort_by_key(|finding| (finding.position, finding.kind));
        findings
    }

    /// The row of a hashed fact that stands where none can be hashed.
    fn found(&self, row: &StoredRow, found_elsewhere: &mut HashSet<i64>) -> Option<Finding> {
        let (position, from) = (row.position()?, self.origin(row)?);
        found_elsewhere.insert(from);
        let stream = row.columns().ok().map(|columns| place(&columns));
        let detail = format!("its fact stands at position {position}");
        Some(
            Finding::at(Kind::Moved, from, detail)
                .with_other(position)
                .of(stream),
        )
    }

    /// What is told of a row without a position.
    fn unplaced(&self, row: &StoredRow, found_elsewhere: &mut HashSet<i64>) -> Finding {
        let columns = row.columns_at(0).ok();
        let stream = columns.as_ref().map(place);
        let from = columns.and_then(|columns| {
            let mut places = self.tried_everywhere().iter().copied();
            places.find(|place| self.is_from(&columns, *place))
        });
        let Some(from) = from else {
            let detail = "a fact without a position: nobody who follows the log sees it, and whoever loads its stream believes it";
            return Finding::of_tree(Kind::Inserted, detail).of(stream);
        };
        found_elsewhere.insert(from);
        Finding::at(Kind::Moved, from, "its fact has no position any more").of(stream)
    }

    /// Where each suspect is tried, unless there are too many.
    fn tried_everywhere(&self) -> &[i64] {
        if self.places.len() <= TRIED_EVERYWHERE_MAX {
            &self.places
        } else {
            &[]
        }
    }

    /// What is told of a row that does not have the leaf hash of its position.
    fn mismatched(
        &self,
        row: &StoredRow,
        moved: &HashMap<i64, i64>,
        inserted: &HashSet<i64>,
    ) -> Option<Finding> {
        let position = row.position()?;
        let columns = row.columns();
        let stream = columns.as_ref().ok().map(place);
        if let Some(from) = moved.get(&position) {
            return moved_to(position, *from, moved, inserted).map(|finding| finding.of(stream));
        }
        let last_hashed = !self.leaves.contains_key(&(position + 1));
        if last_hashed && moved.get(&(position - 1)) == Some(&position) {
            return None; // One that was not hashed yet closed up with those before it.
        }
        if inserted.contains(&position) {
            let mut finding = Finding::at(Kind::Inserted, position, "this fact was never hashed");
            if let Some(last) = run(position, 1, moved) {
                finding = finding.with_other(last);
                finding.detail = format!("this fact was never hashed; those up to {last} are moved one on");
            }
            return Some(finding.of(stream));
        }
        let columns = match columns {
            Ok(columns) => columns,
            Err(error) => return Some(Finding::at(Kind::Changed, position, error.to_string())),
        };
        if let Some(leaf) = self.leaves.get(&position) {
            let noted = EventRow {
                recorded_at_us: leaf.recorded_us,
                ..columns
            };
            if self.has_leaf(&noted, position) {
                let (now, was) = (columns.recorded_at_us, leaf.recorded_us);
                let detail = format!("its time was {} and is {}", at(was), at(now));
                return Some(Finding::at(Kind::Backdated, position, detail).of(stream));
            }
        }
        let detail = "its bytes are not those that were hashed";
        Some(Finding::at(Kind::Changed, position, detail).of(stream))
    }

    /// The hashed position whose fact this row is, if another than its own.
    fn origin(&self, row: &StoredRow) -> Option<i64> {
        let columns = row.columns().ok()?;
        let at = columns.position;
        let beside = [at.checked_add(1), at.checked_sub(1)].into_iter().flatten();
        beside
            .chain(self.tried_everywhere().iter().copied())
            .filter(|place| *place != at)
            .find(|place| self.is_from(&columns, *place))
    }

    fn is_from(&self, columns: &EventRow<'_>, origin: i64) -> bool {
        let Some(leaf) = self.leaves.get(&origin) else {
            return false;
        };
        let there = EventRow {
            position: origin,
            ..*columns
        };
        // Whoever moves a fact may have moved its time along, or not.
        let then = EventRow {
            recorded_at_us: leaf.recorded_us,
            ..there
        };
        self.has_leaf(&there, origin) || self.has_leaf(&then, origin)
    }

    fn has_leaf(&self, columns: &EventRow<'_>, position: i64) -> bool {
        let Some(leaf) = self.leaves.get(&position) else {
            return false;
        };
        let previous = match leaf.previous {
            0 => Some(Hash::ZERO),
            previous => self.previous.get(&previous).copied(),
        };
        previous.is_some_and(|previous| leaf_hash(columns, &previous) == leaf.hash)
    }
}

/// What is told at the place that a fact was moved to. Of many that were moved alike one is told.
fn moved_to(position: i64, from: i64, moved: &HashMap<i64, i64>, inserted: &HashSet<i64>) -> Option<Finding> {
    if moved.get(&from) == Some(&position) {
        let first = position < from;
        let detail = "the two facts stand in each other's place";
        return first.then(|| Finding::at(Kind::Swapped, position, detail).with_other(from));
    }
    let before = |step: i64| moved.get(&(position - 1)) == Some(&(position - 1 + step));
    if from == position + 1 {
        // Everything behind a dropped fact was moved one back.
        let last = run(position - 1, -1, moved).unwrap_or(position);
        let detail = format!("its fact is gone; those up to {} are moved one back", last + 1);
        return (!before(1)).then(|| Finding::at(Kind::Dropped, position, detail).with_other(last + 1));
    }
    if from == position - 1 && (before(-1) || inserted.contains(&from)) {
        return None; // Told with the fact that was put in before it.
    }
    let detail = format!("its fact stands at position {position}");
    Some(Finding::at(Kind::Moved, from, detail).with_other(position))
}

/// The last position of an unbroken run behind `position` whose facts were all moved by `by`.
fn run(position: i64, by: i64, moved: &HashMap<i64, i64>) -> Option<i64> {
    let mut last = position;
    while moved.get(&(last + 1)) == Some(&(last + 1 - by)) {
        last += 1;
    }
    (last > position).then_some(last)
}

/// The place in its stream of the fact that was hashed at a position, told by those before and behind it. A name, no proof.
async fn stream_around(
    connection: &mut PgConnection,
    known: &Known,
    position: i64,
) -> sqlx::Result<Option<StreamPlace>> {
    let before = known.leaves.get(&position).map_or(0, |leaf| leaf.previous);
    let (beside, step) = if before > 0 {
        (Some(before), 1)
    } else {
        let behind: Option<i64> = sqlx::query_scalar(
            "select first_position + array_position(previous_positions, $1) - 1 from notary_leaves \
             where first_position + cardinality(previous_positions) > $1 and $1 = any (previous_positions) \
             order by first_position limit 1",
        )
        .bind(position)
        .fetch_optional(&mut *connection)
        .await?;
        (behind, -1)
    };
    let found: Option<(String, String, i64)> = sqlx::query_as(
        "select aggregate_type, aggregate_id, sequence from events where position = $1 limit 1",
    )
    .bind(beside)
    .fetch_optional(connection)
    .await?;
    Ok(found.map(|(aggregate_type, aggregate_id, sequence)| StreamPlace {
        aggregate_type,
        aggregate_id,
        sequence: sequence.saturating_add(step),
    }))
}

/// Microseconds since the Unix epoch as a time; as they are where no calendar reaches.
fn at(time_us: i64) -> String {
    Timestamp::from_microsecond(time_us)
        .map_or_else(|_| format!("{time_us} µs after the epoch"), |at| at.to_string())
}
