//! An aggregate to which nothing happens, for tests that only need a stream's name.

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Nothing;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Happened;

#[derive(Debug, thiserror::Error)]
#[error("nothing can be asked")]
pub struct Refused;

impl DomainEvent for Happened {
    fn event_type(&self) -> String {
        "Happened".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Nothing {
    const TYPE: &'static str = "nothing";
    type Command = ();
    type Event = Happened;
    type Error = Refused;
    type Services = ();

    async fn handle(&mut self, (): (), (): &(), _: &EventSink<Self>) -> Result<(), Refused> {
        Err(Refused)
    }

    fn apply(&mut self, _: Happened) {}
}
