//! Facts as the log stores them, of every version ever written.

use std::path::Path;

use domain::any_event::{AnyEvent, known_types};

pub fn seeds() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/events");
    let files = std::fs::read_dir(folder).expect("the golden events are part of the repository");
    let mut seeds: Vec<Vec<u8>> = files
        .filter_map(|file| {
            let path = file.ok()?.path();
            let name = path.file_stem()?.to_str()?.to_owned();
            let payload = std::fs::read_to_string(&path).ok()?;
            Some(format!("{}\n{payload}", name.replacen(".v", " ", 1)).into_bytes())
        })
        .collect();
    seeds.sort();
    seeds
}

pub fn run(input: &[u8]) {
    let Some((kind, payload)) = std::str::from_utf8(input)
        .ok()
        .and_then(|text| text.split_once('\n'))
    else {
        return;
    };
    let Some((event_type, version)) = kind.split_once(' ') else {
        return;
    };
    let Some((aggregate, ..)) = known_types().find(|(_, name, _)| *name == event_type) else {
        return;
    };
    for fact in AnyEvent::read(aggregate, event_type, version, payload)
        .into_iter()
        .flatten()
    {
        let written = fact.payload().expect("facts are JSON");
        let again = AnyEvent::decode(aggregate, fact.type_name(), "1", &written);
        assert_eq!(again.expect("what we write, we read"), *fact, "{written}");
    }
}
