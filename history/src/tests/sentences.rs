//! Every version of every event ever written can be told in both languages.

use std::collections::BTreeSet;
use std::path::Path;

use domain::any_event::{AnyEvent, known_types};

use crate::sentence::of_fact;

/// The golden events: type, version and payload.
fn golden() -> Vec<(String, String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/events");
    let mut events = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let (event_type, version) = name.rsplit_once(".v").unwrap();
        let payload = std::fs::read_to_string(&path).unwrap();
        events.push((event_type.to_owned(), version.to_owned(), payload));
    }
    events
}

#[test]
fn every_golden_event_is_told_in_english_and_russian_without_ids() {
    let mut told = BTreeSet::new();
    for (event_type, version, payload) in golden() {
        let aggregate = known_types().find(|(_, name, _)| *name == event_type).unwrap().0;
        let read = AnyEvent::read(aggregate, &event_type, &version, &payload).unwrap();
        for event in read {
            let sentence = of_fact(&event);
            for text in [&sentence.en, &sentence.ru] {
                assert!(text.chars().count() > 8, "{event_type}: {text:?}");
                assert!(!text.contains("018f6d2a"), "{event_type} tells an id: {text}");
                assert!(!text.ends_with('.'), "{event_type}: {text}");
            }
            let is_cyrillic = |text: &str| text.chars().any(|letter| ('а'..='я').contains(&letter));
            assert!(
                is_cyrillic(&sentence.ru) && !is_cyrillic(&sentence.en),
                "{event_type}"
            );
            told.insert(event_type.clone());
        }
    }
    let known: BTreeSet<String> = known_types().map(|(_, name, _)| name.to_owned()).collect();
    assert_eq!(told, known, "every type has a golden event, so a sentence");
}
