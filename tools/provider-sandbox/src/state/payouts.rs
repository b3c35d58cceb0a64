//! Payouts: money from the gateway's balance to a person's bank, card or wallet.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use crate::clock::after;
use crate::money::Kopecks;
use crate::state::SandboxState;
use crate::state::outbox::{Notice, Sender};
use crate::state::payment::{Metadata, RefundStage};
use crate::state::scheduler::ScheduledAction;
use crate::state::settings::ScriptedOutcome;
use crate::state::wire;

/// YooKassa's test wallets and the reason each is refused for.
const WALLETS: [(&str, &str); 3] = [
    ("41001614575572", "one_time_limit_exceeded"),
    ("41001614575643", "periodic_limit_exceeded"),
    ("410011806060766", "insufficient_funds"),
];

/// One payout.
#[derive(Debug, Clone, Serialize)]
pub struct Payout {
    pub id: String,
    pub amount: Kopecks,
    pub created_at: Timestamp,
    pub stage: RefundStage,
    pub destination: Destination,
    pub description: Option<String>,
    pub metadata: Metadata,
}

/// Where a payout goes.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Destination {
    Sbp {
        phone: String,
        bank_id: String,
        operation_id: Option<String>,
    },
    BankCard {
        first6: String,
        last4: String,
        card_type: &'static str,
    },
    YooMoney {
        account_number: String,
    },
}

impl Destination {
    /// The word on the wire.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Sbp { .. } => "sbp",
            Self::BankCard { .. } => "bank_card",
            Self::YooMoney { .. } => "yoo_money",
        }
    }
}

impl SandboxState {
    /// Begins a payout and answers its id. Money that is not there cancels it at once.
    pub fn begin_payout(
        &mut self,
        at: Timestamp,
        amount: Kopecks,
        destination: Destination,
        description: Option<String>,
        metadata: Metadata,
    ) -> String {
        let id = self.ids.prefixed("po");
        let refused = refused_wallet(&destination);
        self.payouts.put(
            id.clone(),
            at,
            Payout {
                id: id.clone(),
                amount,
                created_at: at,
                stage: RefundStage::Pending,
                destination,
                description,
                metadata,
            },
        );
        let gateway = &mut self.settings.gateway;
        if gateway.balance < amount {
            self.cancel_payout(at, &id, "insufficient_funds");
            return id;
        }
        gateway.balance = gateway.balance.less(amount);
        let (outcome, seconds, reason) = (gateway.outcome, gateway.seconds, gateway.reason.clone());
        match (refused, outcome, seconds) {
            (Some(reason), _, _) => self.end_payout(at, &id, Some(reason)),
            (None, ScriptedOutcome::Succeed, 0) => self.end_payout(at, &id, None),
            (None, ScriptedOutcome::Cancel, 0) => self.end_payout(at, &id, Some(&reason)),
            (None, ScriptedOutcome::Succeed | ScriptedOutcome::Cancel, seconds) => {
                let due = after(at, Duration::from_secs(seconds));
                self.scheduler
                    .schedule(due, ScheduledAction::EndPayout(id.clone()));
            }
            (None, ScriptedOutcome::Wait, _) => {}
        }
        id
    }

    /// Ends a pending payout as the settings say now.
    pub fn end_payout_as_set(&mut self, at: Timestamp, id: &str) {
        let (outcome, reason) = (
            self.settings.gateway.outcome,
            self.settings.gateway.reason.clone(),
        );
        match outcome {
            ScriptedOutcome::Succeed => self.end_payout(at, id, None),
            ScriptedOutcome::Cancel => self.end_payout(at, id, Some(&reason)),
            ScriptedOutcome::Wait => {}
        }
    }

    /// Ends a pending payout: it succeeds, or is canceled and its money returns to the balance.
    pub fn end_payout(&mut self, at: Timestamp, id: &str, canceled: Option<&str>) {
        let operation = self.ids.sbp_operation('A');
        let Some(payout) = self
            .payouts
            .get_mut(id)
            .filter(|payout| payout.stage == RefundStage::Pending)
        else {
            return;
        };
        let Some(reason) = canceled else {
            payout.stage = RefundStage::Succeeded { at };
            if let Destination::Sbp { operation_id, .. } = &mut payout.destination {
                *operation_id = Some(operation);
            }
            self.tell_gateway(at, id, "payout.succeeded");
            return;
        };
        let amount = payout.amount;
        self.settings.gateway.balance = self.settings.gateway.balance.plus(amount);
        self.cancel_payout(at, id, reason);
    }

    fn cancel_payout(&mut self, at: Timestamp, id: &str, reason: &str) {
        let Some(payout) = self.payouts.get_mut(id) else {
            return;
        };
        payout.stage = RefundStage::Canceled {
            party: if reason == "insufficient_funds" {
                "yoo_money".into()
            } else {
                "payout_network".into()
            },
            reason: reason.to_owned(),
        };
        self.tell_gateway(at, id, "payout.canceled");
    }

    fn tell_gateway(&mut self, at: Timestamp, id: &str, event: &str) {
        let Some(payout) = self.payouts.get(id) else {
            return;
        };
        let object = wire::payout(payout, self.settings.shop.test);
        let notice = Notice {
            sender: Sender::Yookassa,
            event: event.to_owned(),
            object: id.to_owned(),
            url: self.settings.gateway.webhook_url.clone(),
            source: self.settings.shop.webhook_source,
            body: json!({"type": "notification", "event": event, "object": object}),
        };
        self.notify(at, notice);
    }
}

fn refused_wallet(destination: &Destination) -> Option<&'static str> {
    let Destination::YooMoney { account_number } = destination else {
        return None;
    };
    WALLETS
        .iter()
        .find(|(wallet, _)| wallet == account_number)
        .map(|(_, reason)| *reason)
}
