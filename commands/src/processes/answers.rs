//! Every fact as the log stores it, past every process: who answers what stands in `answers.txt`, so that nobody answers
//! more without somebody deciding what rolling deploys need.

use std::fmt::Write as _;
use std::path::PathBuf;

use domain::any_event::{AnyEvent, KNOWN};
use uuid::Uuid;

use super::*;
use crate::retry_schedule::RetrySchedule;

const ANSWERS: &str = "src/processes/answers.txt";

fn intents_of(process: &Process, event: &AnyEvent) -> String {
    let (id, retries) = (Uuid::from_u128(7).to_string(), RetrySchedule::default());
    let reactions = (process.react)(ReceivedEvent {
        position: 1,
        aggregate_id: &id,
        partition_key: &id,
        event,
        retries: &retries,
    });
    let command = |reaction: &ScheduledIntent| {
        let intent = serde_json::to_value(&reaction.intent).unwrap();
        intent["wish"].as_str().unwrap().to_owned()
    };
    reactions.iter().map(command).collect::<Vec<_>>().join(", ")
}

fn answers() -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/events");
    let mut text = String::new();
    for process in PROCESSES {
        writeln!(text, "{} (revision {})", process.name, process.revision).unwrap();
        for (aggregate, event_type, version) in KNOWN {
            let name = format!("{event_type}.v{version}.json");
            let payload = std::fs::read_to_string(folder.join(&name)).unwrap();
            let event = AnyEvent::decode(aggregate, event_type, version, payload.trim_end()).unwrap();
            let wishes = intents_of(process, &event);
            if !wishes.is_empty() {
                writeln!(text, "    {event_type} v{version}: {wishes}").unwrap();
            }
        }
    }
    text
}

#[test]
fn whoever_answers_more_is_another_revision() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(ANSWERS);
    let answers = answers();
    if std::env::var_os("TOT_BLESS").is_some() {
        std::fs::write(&file, &answers).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap();
    assert_eq!(
        answers, written,
        "a process that answers more than before needs another revision; then write the table with TOT_BLESS=1"
    );
}
