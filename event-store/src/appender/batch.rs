//! Which of the waiting commands go together: in order, as many as fit, no command id and no stream twice.

use std::collections::{HashSet, VecDeque};

use uuid::Uuid;

use super::{FACTS_PER_BATCH_MAX, Pending};

/// Takes the next batch from the front of `waiting`. Commands that cannot go with it stay, in their order; those whose
/// asker has gone away are dropped.
pub(super) fn take(waiting: &mut VecDeque<Pending>) -> Vec<Pending> {
    let mut batch = Vec::with_capacity(waiting.len().min(FACTS_PER_BATCH_MAX));
    let mut left = VecDeque::new();
    let mut ids: HashSet<Uuid> = HashSet::with_capacity(waiting.len());
    let mut streams: HashSet<u64> = HashSet::with_capacity(waiting.len());
    let mut facts = 0;
    while let Some(pending) = waiting.pop_front() {
        if pending.answer.is_closed() {
            continue;
        }
        if facts + pending.append.facts.len() > FACTS_PER_BATCH_MAX {
            waiting.push_front(pending);
            break;
        }
        // Whoever must wait keeps its streams from those behind it, so that turns stay turns.
        let mut free = ids.insert(pending.append.command_id);
        for (name, _) in &pending.append.streams {
            free &= streams.insert(name.bookkeeping_hash());
        }
        if free {
            facts += pending.append.facts.len();
            batch.push(pending);
        } else {
            left.push_back(pending);
        }
    }
    left.append(waiting);
    *waiting = left;
    batch
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;
    use crate::appender::{Answer, Append, NewFact};
    use crate::stream_name::StreamName;
    use crate::testing::Nothing;

    /// Keeps the askers alive.
    type Askers = Vec<oneshot::Receiver<Answer>>;

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
        assert_eq!(ids(&take(&mut waiting)), [1, 4]);
        assert_eq!(ids(&take(&mut waiting)), [2]);
        assert_eq!(ids(&take(&mut waiting)), [3]);
        assert!(waiting.is_empty());
    }

    #[test]
    fn one_command_id_goes_once_per_batch() {
        let mut askers = Askers::new();
        let mut waiting = VecDeque::from([
            pending(1, &["a"], 1, &mut askers),
            pending(1, &["b"], 1, &mut askers),
        ]);
        assert_eq!(take(&mut waiting).len(), 1);
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
        assert_eq!(ids(&take(&mut waiting)), [1, 2]);
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
        assert_eq!(ids(&take(&mut waiting)), [2]);
    }
}
