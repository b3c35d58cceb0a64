//! Old facts made readable: pure rules that turn a stored event of an old version into events of today.

use serde_json::Value;

use crate::error::LogError;
use crate::options::LogOptions;

/// No chain of versions is longer; a longer one is a rule that upcasts to itself.
const UPCASTS_PER_FACT_MAX: u32 = 64;

/// An event on its way from the table to an aggregate.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredEvent {
    /// The stored type of its aggregate.
    pub aggregate_type: String,
    /// What kind of event it is.
    pub event_type: String,
    /// In which version of that kind.
    pub event_version: String,
    /// The event.
    pub payload: Value,
}

/// A pure rule from one version of an event to any number of events; the stored fact stays as it is.
pub trait Upcaster: Send + Sync + 'static {
    /// Whether this rule is for such events.
    fn applies(&self, aggregate_type: &str, event_type: &str, event_version: &str) -> bool;
    /// The event in newer words: none, one or several.
    fn upcast(&self, event: StoredEvent) -> Vec<StoredEvent>;
}

/// The events of today that `event` stands for, in order.
pub(crate) fn readable(event: StoredEvent, options: &LogOptions) -> Result<Vec<StoredEvent>, LogError> {
    let mut pending = vec![event];
    let mut done = Vec::with_capacity(1);
    let mut upcasts = 0;
    // A stack, youngest last: what an upcaster returns is looked at first, in its order.
    while let Some(event) = pending.pop() {
        let rule = options
            .upcasters
            .iter()
            .find(|rule| rule.applies(&event.aggregate_type, &event.event_type, &event.event_version));
        if let Some(rule) = rule {
            upcasts += 1;
            if upcasts > UPCASTS_PER_FACT_MAX {
                return Err(LogError::malformed(
                    &event.aggregate_type,
                    &event.event_type,
                    "upcasts without end",
                ));
            }
            pending.extend(rule.upcast(event).into_iter().rev());
        } else if (options.known)(&event.aggregate_type, &event.event_type, &event.event_version) {
            done.push(event);
        } else {
            return Err(LogError::NeedsNewerCode {
                aggregate_type: event.aggregate_type,
                event_type: event.event_type,
                event_version: event.event_version,
            });
        }
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;

    struct Split;

    impl Upcaster for Split {
        fn applies(&self, aggregate_type: &str, event_type: &str, event_version: &str) -> bool {
            (aggregate_type, event_type, event_version) == ("lamp", "Pair", "1")
        }

        fn upcast(&self, event: StoredEvent) -> Vec<StoredEvent> {
            ["Left", "Right"]
                .into_iter()
                .map(|side| StoredEvent {
                    event_type: side.to_owned(),
                    ..event.clone()
                })
                .collect()
        }
    }

    struct Forget;

    impl Upcaster for Forget {
        fn applies(&self, _: &str, event_type: &str, _: &str) -> bool {
            event_type == "Noise"
        }

        fn upcast(&self, _: StoredEvent) -> Vec<StoredEvent> {
            Vec::new()
        }
    }

    struct Circle;

    impl Upcaster for Circle {
        fn applies(&self, _: &str, event_type: &str, _: &str) -> bool {
            event_type == "Round"
        }

        fn upcast(&self, event: StoredEvent) -> Vec<StoredEvent> {
            vec![event]
        }
    }

    fn options() -> LogOptions {
        let mut options = LogOptions::new("postgres://nowhere", |_, event_type, _| {
            event_type == "Left" || event_type == "Right"
        });
        options.upcasters = vec![Arc::new(Split), Arc::new(Forget), Arc::new(Circle)];
        options
    }

    fn event(event_type: &str) -> StoredEvent {
        StoredEvent {
            aggregate_type: "lamp".to_owned(),
            event_type: event_type.to_owned(),
            event_version: "1".to_owned(),
            payload: json!({}),
        }
    }

    #[test]
    fn one_old_fact_may_stand_for_several_in_order() {
        let read = readable(event("Pair"), &options()).unwrap();
        let types: Vec<_> = read.iter().map(|event| event.event_type.as_str()).collect();
        assert_eq!(types, ["Left", "Right"]);
    }

    #[test]
    fn one_old_fact_may_stand_for_none() {
        assert_eq!(readable(event("Noise"), &options()).unwrap(), Vec::new());
    }

    #[test]
    fn an_unknown_fact_needs_newer_code() {
        assert!(matches!(
            readable(event("Unheard"), &options()),
            Err(LogError::NeedsNewerCode { .. })
        ));
    }

    #[test]
    fn a_rule_that_leads_to_itself_is_found_out() {
        assert!(matches!(
            readable(event("Round"), &options()),
            Err(LogError::Malformed { .. })
        ));
    }
}
