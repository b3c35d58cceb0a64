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
