//! How a fact of an old version is read as facts of today: pure rewritings, chained until nothing is old any more.

/// A fact as it is to be read: type, version and payload text.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewritten {
    pub event_type: String,
    pub event_version: String,
    /// The JSON text of the event enum.
    pub payload: String,
}

/// One step: a version of a type that is no longer written, and what it says in newer words (0..n facts).
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug)]
pub struct Upcasting {
    pub event_type: &'static str,
    pub event_version: &'static str,
    /// Old payload in, newer facts out.
    pub rewrite: fn(&str) -> Result<Vec<Rewritten>, serde_json::Error>,
}

/// How many steps one fact may take; more means that a table rewrites in a circle.
pub const STEPS_MAX: usize = 64;

/// Why an old fact cannot be read in today's words.
#[expect(missing_docs, reason = "each message says it")]
#[derive(Debug, thiserror::Error)]
pub enum UpcastError {
    #[error("an old payload cannot be read")]
    Malformed(#[source] serde_json::Error),
    #[error("the upcasting table rewrites without end")]
    Endless,
}

/// Reads a fact through `table` until no step applies. `None` when the fact is of today already.
///
/// # Errors
/// [`UpcastError::Malformed`] or [`UpcastError::Endless`].
pub fn upcast(
    table: &[Upcasting],
    event_type: &str,
    event_version: &str,
    payload: &str,
) -> Result<Option<Vec<Rewritten>>, UpcastError> {
    if step_for(table, event_type, event_version).is_none() {
        return Ok(None);
    }
    let mut waiting = vec![Rewritten {
        event_type: event_type.to_owned(),
        event_version: event_version.to_owned(),
        payload: payload.to_owned(),
    }];
    let mut read = Vec::new();
    let mut steps = 0;
    while let Some(fact) = waiting.pop() {
        let Some(step) = step_for(table, &fact.event_type, &fact.event_version) else {
            read.push(fact);
            continue;
        };
        steps += 1;
        if steps > STEPS_MAX {
            return Err(UpcastError::Endless);
        }
        // The newest stands on top, so the facts come out in the order the step gave them.
        waiting.extend(
            (step.rewrite)(&fact.payload)
                .map_err(UpcastError::Malformed)?
                .into_iter()
                .rev(),
        );
    }
    Ok(Some(read))
}

fn step_for<'a>(table: &'a [Upcasting], event_type: &str, event_version: &str) -> Option<&'a Upcasting> {
    table
        .iter()
        .find(|step| step.event_type == event_type && step.event_version == event_version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(event_type: &str, event_version: &str, payload: &str) -> Rewritten {
        Rewritten {
            event_type: event_type.to_owned(),
            event_version: event_version.to_owned(),
            payload: payload.to_owned(),
        }
    }

    const TABLE: &[Upcasting] = &[
        Upcasting {
            event_type: "Split",
            event_version: "1",
            rewrite: |payload| Ok(vec![fact("Left", "1", payload), fact("Right", "2", payload)]),
        },
        Upcasting {
            event_type: "Left",
            event_version: "1",
            rewrite: |_| Ok(vec![fact("Left", "2", "new")]),
        },
        Upcasting {
            event_type: "Gone",
            event_version: "1",
            rewrite: |_| Ok(vec![]),
        },
        Upcasting {
            event_type: "Circle",
            event_version: "1",
            rewrite: |payload| Ok(vec![fact("Circle", "1", payload)]),
        },
        Upcasting {
            event_type: "Strict",
            event_version: "1",
            rewrite: |payload| serde_json::from_str::<u8>(payload).map(|_| vec![]),
        },
    ];

    #[test]
    fn a_fact_of_today_is_left_alone() {
        assert_eq!(upcast(TABLE, "Right", "2", "p").unwrap(), None);
    }

    #[test]
    fn steps_are_chained_and_keep_their_order() {
        let read = upcast(TABLE, "Split", "1", "old").unwrap();
        assert_eq!(
            read,
            Some(vec![fact("Left", "2", "new"), fact("Right", "2", "old")])
        );
    }

    #[test]
    fn a_fact_may_come_to_nothing() {
        assert_eq!(upcast(TABLE, "Gone", "1", "p").unwrap(), Some(vec![]));
    }

    #[test]
    fn a_circle_is_found() {
        assert!(matches!(
            upcast(TABLE, "Circle", "1", "p"),
            Err(UpcastError::Endless)
        ));
    }

    #[test]
    fn a_broken_old_payload_is_told() {
        assert!(matches!(
            upcast(TABLE, "Strict", "1", "no number"),
            Err(UpcastError::Malformed(_))
        ));
    }
}
