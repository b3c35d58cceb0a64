//! Which commands go together in a batch.

use std::collections::VecDeque;

use tokio::sync::oneshot;
use uuid::Uuid;

use super::{Pending, take_batch};
use crate::appender::{Append, AppendResult, NewFact};
use crate::stream_name::StreamName;
use crate::testing::Nothing;

/// Keeps the askers alive.
type Askers = Vec<oneshot::Receiver<AppendResult>>;

fn pending(id: u128, streams: &[&str], facts: usize, askers: &mut Askers) -> Pending {
    let (answer, asker) = oneshot::channel();
    askers.push(asker);
    let fact = |sequence| NewFact {
        stream: 0,
        sequence,
        event_type: String::new(),
        event_version: String::new(),
        payload: String::new(),
    };
    Pending {
        append: Append {
            command_id: Uuid::from_u128(id),
            streams: streams
                .iter()
                .map(|id| (StreamName::of::<Nothing>(id, id), 0))
                .collect(),
            facts: (1..).take(facts).map(fact).collect(),
            metadata: String::new(),
            rows: Vec::new(),
        },
        answer,
    }
}

fn ids<'a>(commands: impl IntoIterator<Item = &'a Pending>) -> Vec<u128> {
    commands
        .into_iter()
        .map(|pending| pending.append.command_id.as_u128())
        .collect()
}

#[test]
fn commands_on_one_stream_go_one_per_batch_in_their_order() {
    let mut askers = Askers::new();
    let mut waiting = VecDeque::from([
        pending(1, &["a"], 1, &mut askers),
        pending(2, &["a", "b"], 1, &mut askers),
        pending(3, &["b"], 1, &mut askers),
        pending(4, &["c"], 1, &mut askers),
    ]);
    // 3 must not overtake 2, which waits for 1.
    assert_eq!(ids(&take_batch(&mut waiting)), [1, 4]);
    assert_eq!(ids(&take_batch(&mut waiting)), [2]);
    assert_eq!(ids(&take_batch(&mut waiting)), [3]);
    assert!(waiting.is_empty());
}

#[test]
fn one_command_id_goes_once_per_batch() {
    let mut askers = Askers::new();
    let mut waiting = VecDeque::from([
        pending(1, &["a"], 1, &mut askers),
        pending(1, &["b"], 1, &mut askers),
    ]);
    assert_eq!(take_batch(&mut waiting).len(), 1);
    assert_eq!(waiting.len(), 1);
}

#[test]
fn a_batch_is_bounded_in_facts() {
    let mut askers = Askers::new();
    let mut waiting = VecDeque::from([
        pending(1, &["a"], 200, &mut askers),
        pending(2, &["b"], 56, &mut askers),
        pending(3, &["c"], 1, &mut askers),
    ]);
    assert_eq!(ids(&take_batch(&mut waiting)), [1, 2]);
    assert_eq!(ids(&waiting), [3]);
}

#[test]
fn nobody_appends_for_an_asker_who_went_away() {
    let mut askers = Askers::new();
    let mut waiting = VecDeque::from([
        pending(1, &["a"], 1, &mut askers),
        pending(2, &["b"], 1, &mut askers),
    ]);
    drop(askers.remove(0));
    assert_eq!(ids(&take_batch(&mut waiting)), [2]);
}
