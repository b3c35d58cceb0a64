//! Payouts: money from the gateway's balance to a person's bank account through the fast payment system.

use jiff::Timestamp;
use serde::Serialize;

use crate::money::Kopecks;
use crate::state::SandboxState;
use crate::state::payment::{Metadata, RefundStage};
use crate::state::scheduler::ScheduledAction;
use crate::state::settings::ScriptedOutcome;
use crate::state::wire;

#[derive(Debug, Clone, Serialize)]
pub struct Payout {
    pub id: String,
    pub amount: Kopecks,
    pub created_at: Timestamp,
    pub stage: RefundStage,
    pub phone: String,
    pub bank_id: String,
    /// The operation's id once it has succeeded.
    pub sbp_operation_id: Option<String>,
    pub description: Option<String>,
    pub metadata: Metadata,
}

impl SandboxState {
    /// Begins a payout and answers its id. Money that is not there cancels it at once.
    pub fn begin_payout(&mut self, payout: Payout) -> String {
        let (id, at, amount) = (payout.id.clone(), payout.created_at, payout.amount);
        self.payouts.put(id.clone(), at, payout);
        let gateway = &mut self.settings.gateway;
        if gateway.balance < amount {
            self.cancel_payout(at, &id, "insufficient_funds");
            return id;
        }
        gateway.balance = gateway.balance.less(amount);
        let (outcome, seconds) = (gateway.outcome, gateway.seconds);
        if seconds == 0 {
            self.end_payout_as_set(at, &id);
        } else {
            self.schedule_end(at, outcome, seconds, ScheduledAction::EndPayout(id.clone()));
        }
        id
    }

    /// Ends a pending payout as the settings say now.
    pub fn end_payout_as_set(&mut self, at: Timestamp, id: &str) {
        let reason = self.settings.gateway.reason.clone();
        match self.settings.gateway.outcome {
            ScriptedOutcome::Succeed => self.end_payout(at, id, None),
            ScriptedOutcome::Cancel => self.end_payout(at, id, Some(&reason)),
            ScriptedOutcome::Wait => {}
        }
    }

    /// Ends a pending payout: it succeeds, or is canceled and its money returns to the balance.
    pub fn end_payout(&mut self, at: Timestamp, id: &str, canceled: Option<&str>) {
        let operation = self.ids.sbp_operation('A');
        let pending = self.payouts.get_mut(id);
        let Some(payout) = pending.filter(|payout| payout.stage == RefundStage::Pending) else {
            return;
        };
        let Some(reason) = canceled else {
            payout.stage = RefundStage::Succeeded { at };
            payout.sbp_operation_id = Some(operation);
            self.tell_gateway(at, id, "payout.succeeded");
            return;
        };
        let amount = payout.amount;
        self.settings.gateway.balance = self.settings.gateway.balance.plus(amount);
        self.cancel_payout(at, id, reason);
    }

    fn cancel_payout(&mut self, at: Timestamp, id: &str, reason: &str) {
        if let Some(payout) = self.payouts.get_mut(id) {
            payout.stage = RefundStage::canceled(reason, "payout_network");
            self.tell_gateway(at, id, "payout.canceled");
        }
    }

    fn tell_gateway(&mut self, at: Timestamp, id: &str, event: &str) {
        if let Some(payout) = self.payouts.get(id) {
            let object = wire::payout(payout);
            let url = self.settings.gateway.webhook_url.clone();
            self.tell_by_yookassa(at, url, event, object);
        }
    }
}
