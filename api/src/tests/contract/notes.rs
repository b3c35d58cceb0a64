//! The notes in `docs/CHANGES.md` that tell what breaks: `` - **Breaking**: `<place>` <what>: what to do instead. ``

use std::collections::BTreeSet;

use super::compare::Breaking;

/// How such a note begins.
const BEGINS: &str = "- **Breaking**: ";

/// Which of them no note tells that stands below a heading with this version.
pub fn missing(found: &BTreeSet<Breaking>, changes: &str, version: &str) -> Vec<String> {
    let sections = changes.split("\n## ").skip(1);
    let of_version = sections.filter(|section| section.lines().next().unwrap_or_default().contains(version));
    let notes: Vec<String> = of_version.flat_map(notes).collect();
    let told = |breaking: &String| {
        notes
            .iter()
            .any(|note| note.starts_with(&format!("{BEGINS}{breaking}:")))
    };
    found
        .iter()
        .map(Breaking::to_string)
        .filter(|breaking| !told(breaking))
        .collect()
}

/// The items of a section's lists, each in one line.
fn notes(section: &str) -> Vec<String> {
    let items = section.split("\n- ").skip(1);
    let joined = items.map(|item| {
        let words: Vec<&str> = item.split_whitespace().collect();
        format!("- {}", words.join(" "))
    });
    joined.collect()
}

#[test]
fn a_note_counts_below_its_version_and_with_its_words() {
    let gone = Breaking {
        place: "GET /api/v1/doctors".to_owned(),
        what: "is gone",
    };
    let found = BTreeSet::from([gone]);
    let told = |changes: &str| missing(&found, changes, "2027-01-15").is_empty();
    assert!(told(
        "# Changes\n\n## People (2027-01-15)\n\n- Other.\n- **Breaking**: `GET /api/v1/doctors` is\n  gone: read `GET /api/v1/people`.\n"
    ));
    for changes in [
        "# Changes\n\n## People (2027-01)\n\n- **Breaking**: `GET /api/v1/doctors` is gone: read another.\n",
        "# Changes\n\n## People (2027-01-15)\n\n- `GET /api/v1/doctors` is gone: read another.\n",
        "# Changes\n\n## People (2027-01-15)\n\n- **Breaking**: `GET /api/v1/doctors` is gone\n",
        "# Changes\n\n## People (2027-01-15)\n\n- **Breaking**: `GET /api/v1/doctors/{id}` is gone: read another.\n",
        "# Changes\n\n## People (2027-01-15)\n\n## Before (2026-12)\n\n- **Breaking**: `GET /api/v1/doctors` is gone: so.\n",
        "",
    ] {
        assert!(!told(changes), "{changes}");
    }
}
