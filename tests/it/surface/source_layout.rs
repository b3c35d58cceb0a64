//! How sources look: files short enough to read, each opening with a sentence, none named after nothing.

use std::path::{Path, PathBuf};

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 8] = [
    "manager", "helper", "helpers", "util", "utils", "common", "service", "data",
];

#[test]
fn every_file_opens_with_a_sentence_a_newcomer_can_use() {
    for (path, text) in sources() {
        // A crate opens with the page that introduces it.
        if text.starts_with("#![doc = include_str!(\"../README.md\")]\n") {
            continue;
        }
        let opening: String = text
            .lines()
            .map_while(|line| line.strip_prefix("//!"))
            .map(str::trim)
            .collect::<Vec<_>>()
            .join(" ");
        let path = path.display();
        assert!(text.starts_with("//! "), "{path} does not open with `//! `");
        let is_sentence = opening.split_whitespace().count() >= 2 && opening.contains(['.', ':']);
        assert!(is_sentence, "{path} opens with {opening:?}");
    }
}

#[test]
fn nothing_is_named_after_nothing() {
    for (path, _) in sources() {
        for part in path.iter().filter_map(|part| part.to_str()) {
            let words = part.trim_end_matches(".rs").split(['_', '-']);
            for word in words {
                assert!(!EMPTY_NAMES.contains(&word), "{}", path.display());
            }
        }
    }
}

/// Metaphors and participles that once stood for the field's terms (docs/adr/0013-the-fields-words.md).
const REFUSED_WORDS: [&str; 23] = [
    "asked",
    "begun",
    "cabinet",
    "courier",
    "desk",
    "desks",
    "disguise",
    "door",
    "doors",
    "ear",
    "house",
    "onward",
    "onwards",
    "outward",
    "rehearsal",
    "rooms",
    "scissors",
    "shelf",
    "till",
    "walls",
    "whose",
    "wish",
    "wishes",
];

#[test]
fn types_modules_functions_and_files_bear_the_fields_words() {
    for (path, text) in sources() {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap();
        for name in std::iter::once(stem).chain(declared_names(&text)) {
            for word in words_of(name) {
                assert!(
                    !REFUSED_WORDS.contains(&word.as_str()),
                    "{}: {name}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn errors_are_called_errors() {
    // Where faults are simulated on purpose, they are what they are called.
    let simulating = ["provider-sandbox", "tests"];
    for (path, text) in sources() {
        let is_simulating = path
            .iter()
            .any(|part| simulating.iter().any(|folder| part == *folder));
        for name in declared_names(&text) {
            assert!(
                is_simulating || !name.ends_with("Fault"),
                "{}: {name}",
                path.display()
            );
        }
        for held in ["Err(fault", "map_err(|fault"] {
            let is_held = text.contains(held);
            assert!(is_simulating || !is_held, "{}: {held}", path.display());
        }
    }
}

/// The names of the types, modules and functions that a source declares, but for its tests: theirs are sentences.
fn declared_names(text: &str) -> Vec<&str> {
    let (mut found, mut is_test) = (Vec::new(), false);
    for line in text.lines().map(str::trim_start) {
        is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        if let Some(name) = declared_name(line)
            && !std::mem::take(&mut is_test)
        {
            found.push(name);
        }
    }
    found
}

/// The name of the type, module or function that a line declares.
fn declared_name(line: &str) -> Option<&str> {
    let mut words = line
        .split_whitespace()
        .skip_while(|word| word.starts_with("pub") || ["const", "async"].contains(word));
    let is_one = ["struct", "enum", "trait", "type", "mod", "fn"].contains(&words.next()?);
    let name = words.next()?;
    let end = name.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
    is_one.then(|| &name[..end.unwrap_or(name.len())])
}

/// The words of a `snake_case` or `CamelCase` name, in lower case.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for letter in name.chars() {
        if letter == '_' || letter.is_uppercase() {
            words.push(String::new());
        }
        words
            .last_mut()
            .unwrap()
            .extend(letter.to_lowercase().filter(|letter| *letter != '_'));
    }
    words
}

#[test]
fn nothing_is_left_undone_or_silently_allowed() {
    for (path, text) in sources() {
        for (line, number) in text.lines().zip(1..) {
            let place = format!("{}:{number}", path.display());
            let unfinished = ["TODO", "FIXME", "XXX"]
                .iter()
                .any(|word| line.contains(&format!("// {word}")));
            let names_issue = line.contains('#');
            assert!(!unfinished || names_issue, "{place}: unfinished without an issue");
            let allows = ["#[allow(", "#![allow("]
                .iter()
                .any(|attribute| line.trim_start().starts_with(attribute));
            assert!(!allows, "{place}: `#[expect(.., reason = ..)]`, never `#[allow]`");
            assert!(
                !line.trim_start().starts_with("#[ignore"),
                "{place}: a test that is not run is no test"
            );
        }
    }
}

#[test]
fn nothing_is_exported_again_but_by_a_crate() {
    for (path, text) in sources() {
        let is_root = path.file_name().is_some_and(|name| name == "lib.rs");
        let exports = text
            .lines()
            .filter(|line| line.trim_start().starts_with("pub use "))
            .count();
        // A module that is a folder shows its own files; it does not pass on what others made.
        let of_own = text.lines().filter(|line| is_own_export(line, &text)).count();
        assert!(
            is_root || exports == of_own,
            "{} exports what is not its own",
            path.display()
        );
    }
}

fn is_own_export(line: &str, text: &str) -> bool {
    let Some(rest) = line.trim_start().strip_prefix("pub use ") else {
        return false;
    };
    let first = rest
        .trim_start_matches("self::")
        .split(':')
        .next()
        .unwrap_or_default();
    ["mod", "pub mod", "pub(crate) mod", "pub(super) mod"]
        .iter()
        .any(|kind| text.contains(&format!("{kind} {first};")))
}

/// Every source file of the workspace, by its path inside it.
pub(super) fn sources() -> Vec<(PathBuf, String)> {
    let found = files_ending(".rs");
    assert!(found.len() > 100, "only {} files found", found.len());
    found
}

/// Every file of the repository whose name ends so, by its path inside it, with its text or as much of it as is text.
pub(super) fn files_ending(ending: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let (mut found, mut folders) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && !name.starts_with('.') && name != "target" && name != "node_modules" {
                folders.push(path);
            } else if name.ends_with(ending) && path.is_file() {
                let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
                found.push((path.strip_prefix(root).unwrap().to_owned(), text));
            }
        }
    }
    found
}
