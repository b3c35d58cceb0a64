//! OWASP ASVS 5.0.0: every requirement of levels 1 and 2 has its row, what rows name is there, and the page says what they say.

mod page;
mod standard;
mod table;
mod test_names;

use std::path::{Path, PathBuf};

use self::table::{Chapter, Status};
use super::source_layout::files_ending;

/// Where the tables lie, in the repository.
const TABLES: &str = "docs/security/asvs";
/// The page that is made of them.
const PAGE: &str = "docs/security/asvs.md";
/// Set to write the page anew.
const BLESS: &str = "TOT_BLESS";

/// Every chapter in its order, and what is wrong with its rows.
fn read_tables() -> (Vec<Chapter>, Vec<String>) {
    let mut files = files_ending(".yaml");
    files.retain(|(path, _)| path.starts_with(TABLES));
    files.sort();
    let mut faults = Vec::new();
    let chapters = files
        .iter()
        .map(|(path, text)| table::read(&path.display().to_string(), text, &mut faults));
    (chapters.collect(), faults)
}

#[test]
fn every_requirement_of_levels_1_and_2_has_one_complete_row() {
    let (chapters, faults) = read_tables();
    assert!(faults.is_empty(), "{faults:#?}");
    let requirements = standard::requirements();
    for (level, count) in (1_i64..).zip(standard::COUNTS) {
        let of_level = requirements.iter().filter(|(_, of)| *of == level);
        assert_eq!(of_level.count(), count, "level {level}");
    }
    let demanded: Vec<_> = requirements.into_iter().filter(|(_, level)| *level < 3).collect();
    let rows = || chapters.iter().flat_map(|chapter| &chapter.rows);
    let found: Vec<_> = rows().map(|row| (row.id.clone(), row.level)).collect();
    let unmapped: Vec<_> = demanded.iter().filter(|row| !found.contains(row)).collect();
    let unknown: Vec<_> = found.iter().filter(|row| !demanded.contains(row)).collect();
    assert!(
        unmapped.is_empty() && unknown.is_empty(),
        "without a row: {unmapped:?}; not in the standard at that level: {unknown:?}"
    );
    // Nothing is there twice, and all of it in the standard's order.
    assert_eq!(found, demanded);
    for chapter in &chapters {
        for row in &chapter.rows {
            let is_here = row.id.starts_with(&format!("{}.", chapter.id));
            assert!(is_here, "{} stands in {}", row.id, chapter.id);
        }
    }
}

#[test]
fn tests_and_documents_that_rows_name_exist() {
    let (chapters, _) = read_tables();
    let tests = test_names::all();
    let mut missing = Vec::new();
    for row in chapters.iter().flat_map(|chapter| &chapter.rows) {
        let gone = row.tests.iter().filter(|name| !tests.contains_key(*name));
        missing.extend(gone.map(|name| format!("{}: no test `{name}`", row.id)));
        let document = row.document.iter().filter(|document| !is_there(document));
        missing.extend(document.map(|document| format!("{}: no {document}", row.id)));
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn the_page_says_what_the_tables_say() {
    let (chapters, _) = read_tables();
    let made = page::of(&chapters, &test_names::all());
    let path = root().join(PAGE);
    if std::env::var_os(BLESS).is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let differing = made
        .lines()
        .zip(committed.lines().chain(std::iter::repeat("")))
        .find(|(made, committed)| made != committed);
    assert!(
        made == committed,
        "{PAGE} is not what the tables make of it, first at {differing:?}; write it anew with {BLESS}=1 and read its diff"
    );
}

#[test]
fn a_row_that_says_too_little_or_too_much_is_found() {
    let base = "  - id: V1.1.1\n    level: 2\n    asks: Something\n";
    for (rest, fault) in [
        ("", "`status` is met, partly, missing or n/a"),
        ("    status: done\n", "`status` is met, partly, missing or n/a"),
        ("    status: met\n", "neither a test nor a document"),
        (
            "    status: met\n    tests: [a b]\n    lacks: more\n",
            "and lacks something",
        ),
        (
            "    status: partly\n    holds: this\n    tests: [a b]\n",
            "is partly met",
        ),
        (
            "    status: partly\n    holds: this\n    lacks: that\n",
            "is partly met",
        ),
        ("    status: missing\n", "`lacks` says what"),
        (
            "    status: missing\n    lacks: that\n    tests: [a b]\n",
            "yet something holds",
        ),
        ("    status: n/a\n", "`reason` says why"),
        (
            "    status: n/a\n    reason: none\n    tests: [a b]\n",
            "yet something holds or lacks",
        ),
        ("    status: met\n    tests: [a b, a b]\n", "one twice"),
        ("    status: met\n    test: [a b]\n", "a key that no row has"),
        (
            "    status: met\n    tests: [a b]\n    holds: one | two\n",
            "without `|`",
        ),
        ("    status: met\n    status: met\n", "duplicate"),
    ] {
        let mut faults = Vec::new();
        let text = format!("chapter: V1\ntitle: One\nrequirements:\n{base}{rest}");
        table::read("v01.yaml", &text, &mut faults);
        let is_told = faults.iter().any(|told| told.contains(fault));
        assert!(is_told, "{rest}: {faults:?}");
    }
    let mut faults = Vec::new();
    let text = format!("chapter: V1\ntitle: One\nrequirements:\n{base}    status: met\n    tests: [a b]\n");
    let chapter = table::read("v01.yaml", &text, &mut faults);
    assert!(faults.is_empty(), "{faults:?}");
    assert_eq!(chapter.rows[0].status, Status::Met);
}

/// Whether a file of the repository is there, with the heading that stands behind `#`.
fn is_there(document: &str) -> bool {
    let (path, heading) = document.split_once('#').unwrap_or((document, ""));
    let Ok(text) = std::fs::read_to_string(root().join(path)) else {
        return false;
    };
    let mut headings = text
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| anchor(line.trim_start_matches('#').trim()));
    heading.is_empty() || headings.any(|found| found == heading)
}

/// What a heading is linked by.
fn anchor(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}
