//! A fact that says to be a wallet's and that no code can read, as a defect or an ill-made repair would leave it.

use commands::CommandServices;
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use domain::ids::AccountId;
use event_store::{CommandContext, StreamName, execute};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Spoilt;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Nonsense {
    WalletDeposited { amount: String },
}

#[derive(Debug, thiserror::Error)]
#[error("nothing can be asked")]
struct Nobody;

impl DomainEvent for Nonsense {
    fn event_type(&self) -> String {
        "WalletDeposited".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Spoilt {
    const TYPE: &'static str = "wallet";
    type Command = ();
    type Event = Nonsense;
    type Error = Nobody;
    type Services = ();

    async fn handle(&mut self, (): (), (): &(), _: &EventSink<Self>) -> Result<(), Nobody> {
        Err(Nobody)
    }

    fn apply(&mut self, _: Nonsense) {}
}

/// Spoils the first page of somebody's wallet; found by another process, since this one keeps what it wrote in mind.
pub async fn wallet(services: &CommandServices, owner_id: AccountId) {
    let name = StreamName::of::<Spoilt>(format_args!("{owner_id}_000001"), owner_id);
    let context = CommandContext {
        command_id: Uuid::new_v5(&owner_id.uuid(), b"spoilt"),
        repeatable: false,
        remembers_no_op: false,
        digest: String::new(),
        actor_id: "test".to_owned(),
        actor_role: "process",
        correlation_id: String::new(),
        causation: None,
        trace_id: String::new(),
        channel: None,
        app_id: None,
        expected: None,
    };
    execute::<Nobody, _>(&services.log, &context, std::slice::from_ref(&name), |work| {
        let nonsense = Nonsense::WalletDeposited {
            amount: "much".to_owned(),
        };
        work.record::<Spoilt>(&name, vec![nonsense])
    })
    .await
    .unwrap();
}
