//! A jar of coins: the smallest aggregate with a rule worth breaking.

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use event_store::StreamName;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jar {
    pub coins: i64,
    pub marks: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JarEvent {
    Put {
        coins: i64,
        mark: String,
    },
    Taken {
        coins: i64,
    },
    /// What an older program wrote; only an upcaster reads it.
    Filled {
        gold: i64,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JarRefusal {
    #[error("the jar holds too little")]
    TooLittle,
}

impl DomainEvent for JarEvent {
    fn event_type(&self) -> String {
        match self {
            Self::Put { .. } => "Put",
            Self::Taken { .. } => "Taken",
            Self::Filled { .. } => "Filled",
        }
        .to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Jar {
    const TYPE: &'static str = "jar";
    type Command = ();
    type Event = JarEvent;
    type Error = JarRefusal;
    type Services = ();

    async fn handle(&mut self, (): (), (): &(), _: &EventSink<Self>) -> Result<(), JarRefusal> {
        Ok(())
    }

    fn apply(&mut self, event: JarEvent) {
        match event {
            JarEvent::Put { coins, mark } => {
                self.coins += coins;
                self.marks.push(mark);
            }
            JarEvent::Taken { coins } => self.coins -= coins,
            JarEvent::Filled { .. } => unreachable!("is upcast before"),
        }
    }
}

pub fn known(aggregate_type: &str, event_type: &str, event_version: &str) -> bool {
    aggregate_type == "jar" && ["Put", "Taken"].contains(&event_type) && event_version == "1"
}

pub fn jar(id: impl std::fmt::Display) -> StreamName {
    StreamName::of::<Jar>(&id, &id)
}

pub fn put(mark: &str) -> Vec<JarEvent> {
    vec![JarEvent::Put {
        coins: 1,
        mark: mark.to_owned(),
    }]
}

pub fn take(jar: &Jar, coins: i64) -> Result<Vec<JarEvent>, JarRefusal> {
    if coins <= jar.coins {
        Ok(vec![JarEvent::Taken { coins }])
    } else {
        Err(JarRefusal::TooLittle)
    }
}
