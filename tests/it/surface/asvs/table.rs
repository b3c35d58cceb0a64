//! The tables of `docs/security/asvs`: every row read whole, every fault told with its row.

use std::collections::BTreeSet;
use std::fmt;

use yaml_rust2::{Yaml, YamlLoader};

/// What a row may say.
const KEYS: [&str; 9] = [
    "id", "level", "asks", "status", "holds", "lacks", "reason", "tests", "document",
];
/// More tests than these prove nothing more.
const TESTS_MAX: usize = 3;

/// One chapter of the standard.
pub struct Chapter {
    /// As in the standard: `V1`.
    pub id: String,
    pub title: String,
    pub rows: Vec<Row>,
}

/// One requirement, and where it stands.
pub struct Row {
    pub id: String,
    pub level: i64,
    pub asks: String,
    pub status: Status,
    pub holds: Option<String>,
    pub lacks: Option<String>,
    pub reason: Option<String>,
    /// As nextest prints them.
    pub tests: Vec<String>,
    /// A path inside the repository, and the heading in it.
    pub document: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Met,
    Partly,
    Missing,
    NotApplicable,
}

impl Status {
    /// All of them, from the best to what is nobody's concern.
    pub const ALL: [Self; 4] = [Self::Met, Self::Partly, Self::Missing, Self::NotApplicable];
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Met => "met",
            Self::Partly => "partly",
            Self::Missing => "missing",
            Self::NotApplicable => "n/a",
        })
    }
}

/// Reads one table; what is wrong with it is added to `faults`.
pub fn read(file: &str, text: &str, faults: &mut Vec<String>) -> Chapter {
    let mut chapter = Chapter {
        id: String::new(),
        title: String::new(),
        rows: Vec::new(),
    };
    let documents = match YamlLoader::load_from_str(text) {
        Ok(documents) => documents,
        Err(error) => {
            faults.push(format!("{file}: {error}"));
            return chapter;
        }
    };
    let Some(table) = documents.first() else {
        faults.push(format!("{file}: holds nothing"));
        return chapter;
    };
    for (key, part) in [("chapter", &mut chapter.id), ("title", &mut chapter.title)] {
        match table[key].as_str() {
            Some(found) => found.clone_into(part),
            None => faults.push(format!("{file}: lacks `{key}`")),
        }
    }
    for (entry, number) in table["requirements"].as_vec().into_iter().flatten().zip(1..) {
        let place = entry["id"]
            .as_str()
            .map_or_else(|| format!("{file}: row {number}"), str::to_owned);
        chapter.rows.extend(row(&place, entry, faults));
    }
    if chapter.rows.is_empty() {
        faults.push(format!("{file}: has no rows"));
    }
    chapter
}

fn row(place: &str, entry: &Yaml, faults: &mut Vec<String>) -> Option<Row> {
    let before = faults.len();
    for key in entry.as_hash().into_iter().flat_map(|hash| hash.keys()) {
        let known = key.as_str().is_some_and(|key| KEYS.contains(&key));
        if !known {
            faults.push(format!("{place}: has a key that no row has: {key:?}"));
        }
    }
    let tests = entry["tests"].as_vec().cloned().unwrap_or_default();
    let row = Row {
        id: demanded(place, entry, "id", faults),
        level: entry["level"].as_i64().unwrap_or_default(),
        asks: demanded(place, entry, "asks", faults),
        status: status(place, entry, faults),
        holds: text(place, entry, "holds", faults),
        lacks: text(place, entry, "lacks", faults),
        reason: text(place, entry, "reason", faults),
        tests: tests
            .iter()
            .filter_map(|test| test.as_str().map(str::to_owned))
            .collect(),
        document: text(place, entry, "document", faults),
    };
    if faults.len() == before {
        faults.extend(incomplete(&row).map(|fault| format!("{place}: {fault}")));
    }
    (faults.len() == before).then_some(row)
}

/// What a row of its status does not say, or should not.
fn incomplete(row: &Row) -> Option<&'static str> {
    let is_shown = !row.tests.is_empty() || row.document.is_some();
    let distinct: BTreeSet<&String> = row.tests.iter().collect();
    if row.tests.len() > TESTS_MAX || distinct.len() < row.tests.len() {
        return Some("names more than three tests, or one twice");
    }
    match row.status {
        Status::Met if !is_shown => Some("is met, and neither a test nor a document shows it"),
        Status::Met if row.lacks.is_some() => Some("is met, and lacks something"),
        Status::Partly if row.holds.is_none() || row.lacks.is_none() || !is_shown => {
            Some("is partly met: `holds`, `lacks`, and a test or a document")
        }
        Status::Missing if row.lacks.is_none() => Some("is missing: `lacks` says what"),
        Status::Missing if row.holds.is_some() || is_shown => Some("is missing, and yet something holds"),
        Status::NotApplicable if row.reason.is_none() => Some("does not apply: `reason` says why"),
        Status::NotApplicable if is_shown || row.holds.is_some() || row.lacks.is_some() => {
            Some("does not apply, and yet something holds or lacks")
        }
        Status::Met | Status::Partly | Status::Missing if row.reason.is_some() => {
            Some("gives a reason not to apply")
        }
        Status::Met | Status::Partly | Status::Missing | Status::NotApplicable => None,
    }
}

fn status(place: &str, entry: &Yaml, faults: &mut Vec<String>) -> Status {
    let found = entry["status"].as_str();
    let known = Status::ALL
        .into_iter()
        .find(|status| Some(status.to_string().as_str()) == found);
    known.unwrap_or_else(|| {
        faults.push(format!(
            "{place}: `status` is met, partly, missing or n/a, not {found:?}"
        ));
        Status::Missing
    })
}

fn demanded(place: &str, entry: &Yaml, key: &str, faults: &mut Vec<String>) -> String {
    text(place, entry, key, faults).unwrap_or_else(|| {
        faults.push(format!("{place}: lacks `{key}`"));
        String::new()
    })
}

/// Text that fits into a cell of a table.
fn text(place: &str, entry: &Yaml, key: &str, faults: &mut Vec<String>) -> Option<String> {
    let value = &entry[key];
    if value.is_badvalue() {
        return None;
    }
    let found = value.as_str().map(str::trim).unwrap_or_default();
    if found.is_empty() || found.contains(['|', '\n']) {
        faults.push(format!("{place}: `{key}` is no text of one line without `|`"));
    }
    Some(found.to_owned())
}
