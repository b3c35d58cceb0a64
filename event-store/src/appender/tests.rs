//! Which commands go together in a batch.

use std::collections::VecDeque;

use tokio::sync::oneshot;
use uuid::Uuid;

use std::sync::Arc;

use super::{Flight, InFlight, Pending, take_batch};
use crate::appender::{Append, AppendResult, Appended, NewFact};
use crate::stream_name::StreamName;
use crate::testing::Nothing;

/// Keeps the askers alive.
type Askers = Vec<oneshot::Receiver<AppendResult>>;

fn pending(id: u128, streams: &[&str], facts: usize, askers: &mut Askers) -> Pending {
    let streams: Vec<(&str, i64)> = streams.iter().map(|id| (*id, 0)).collect();
    pending_at(id, &streams, facts, askers)
}

/// A command decided at these versions, with facts of the first stream.
fn pending_at(id: u128, streams: &[(&str, i64)], facts: usize, askers: &mut Askers) -> Pending {
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
                .map(|(id, version)| (StreamName::of::<Nothing>(id, id), *version))
                .collect(),
            facts: (1..).take(facts).map(fact).collect(),
            metadata: String::new(),
            rows: Vec::new(),
            upon: Vec::new(),
        },
        flight: Flight(Arc::new(InFlight::default())),
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
fn commands_decided_upon_each_other_go_together() {
    let mut askers = Askers::new();
    let mut waiting = VecDeque::from([
        pending_at(1, &[("a", 4)], 2, &mut askers),
        pending_at(2, &[("b", 0), ("a", 6)], 1, &mut askers),
        pending_at(3, &[("a", 6)], 1, &mut askers),
        // Decided from what 3 has changed, and then from what nobody has brought about.
        pending_at(4, &[("a", 6)], 1, &mut askers),
        pending_at(5, &[("a", 8)], 1, &mut askers),
        pending_at(6, &[("b", 1)], 1, &mut askers),
    ]);
    assert_eq!(ids(&take_batch(&mut waiting)), [1, 2, 3, 6]);
    assert_eq!(ids(&take_batch(&mut waiting)), [4]);
    assert_eq!(ids(&take_batch(&mut waiting)), [5]);
}

#[test]
fn what_was_decided_upon_another_goes_with_it_or_behind_it_and_never_without_it() {
    let mut askers = Askers::new();
    let first = pending_at(1, &[("a", 4)], 1, &mut askers);
    let mut second = pending_at(2, &[("a", 5)], 1, &mut askers);
    let mut third = pending_at(3, &[("b", 0), ("a", 6)], 1, &mut askers);
    second.append.upon.push(Arc::clone(&first.flight.0));
    third.append.upon.push(Arc::clone(&second.flight.0));
    let mut waiting = VecDeque::from([first, second]);
    let batch = take_batch(&mut waiting);
    assert_eq!(ids(&batch), [1, 2]);
    waiting.push_back(third);
    assert!(batch[1].is_dependent() && !batch[0].is_dependent());
    drop(batch); // Neither was appended. The stream may be at version 6 all the same, by others.
    assert_eq!(ids(&take_batch(&mut waiting)), []);
    assert!(matches!(askers[2].try_recv(), Ok(Ok(Appended::Conflict))));
}

#[test]
fn commands_decided_from_the_same_version_go_one_per_batch_in_their_order() {
    let mut askers = Askers::new();
    let mut waiting = VecDeque::from([
        pending(1, &["a"], 1, &mut askers),
        pending(2, &["a", "b"], 1, &mut askers),
        pending(3, &["b"], 1, &mut askers),
        pending(4, &["c"], 1, &mut askers),
    ]);
    // 3 must not overtake 2, which waits for 1 and leaves `b` as it is.
    assert_eq!(ids(&take_batch(&mut waiting)), [1, 4]);
    assert_eq!(ids(&take_batch(&mut waiting)), [2, 3]);
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
