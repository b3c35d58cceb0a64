//! What will happen by itself, and when: expiries, cash registers, refunds under way, deliveries.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::clock::after;
use crate::state::SandboxState;
use crate::state::payment::Stage;
use crate::state::settings::ScriptedOutcome;

/// Something that happens when its time has come, unless the object has moved on by then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScheduledAction {
    /// An unpaid payment expires.
    ExpirePending(String),
    ExpireHold(String),
    EndRefund(String),
    /// The cash register answers.
    EndReceipt(String),
    EndPayout(String),
    /// A T-Bank link expires.
    ExpireLink(u64),
    /// T-Bank's cash register answers about its receipt of this number.
    EndBankReceipt(usize),
    /// A refund through the fast payment system ends.
    EndSbpRefund(u64),
    /// A notification is sent.
    Deliver(usize),
}

/// Actions in the order of their time, then of their planning.
#[derive(Debug, Default)]
pub struct Scheduler {
    actions: BTreeMap<(Timestamp, u64), ScheduledAction>,
    scheduled: u64,
}

impl Scheduler {
    pub fn schedule(&mut self, due: Timestamp, action: ScheduledAction) {
        self.scheduled += 1;
        self.actions.insert((due, self.scheduled), action);
    }

    /// When the next action is due.
    pub fn next(&self) -> Option<Timestamp> {
        self.actions.first_key_value().map(|((due, _), _)| *due)
    }

    fn take_due(&mut self, now: Timestamp) -> Option<(Timestamp, ScheduledAction)> {
        let due = self.next().filter(|due| *due <= now)?;
        self.actions.pop_first().map(|(_, action)| (due, action))
    }
}

impl SandboxState {
    /// Schedules an action so many seconds after a moment, and answers when that is.
    pub fn schedule(&mut self, at: Timestamp, seconds: u64, action: ScheduledAction) -> Timestamp {
        let due = after(at, Duration::from_secs(seconds));
        self.scheduler.schedule(due, action);
        due
    }

    /// The same for the end of something pending, unless it waits for the control surface.
    pub fn schedule_end(
        &mut self,
        at: Timestamp,
        outcome: ScriptedOutcome,
        seconds: u64,
        action: ScheduledAction,
    ) {
        if outcome != ScriptedOutcome::Wait {
            self.schedule(at, seconds, action);
        }
    }

    /// Carries out what is due, each action as of its own time.
    pub fn run_due(&mut self) {
        let now = self.clock.now();
        while let Some((at, action)) = self.scheduler.take_due(now) {
            self.carry_out(at, action);
        }
    }

    fn carry_out(&mut self, at: Timestamp, action: ScheduledAction) {
        match action {
            ScheduledAction::ExpirePending(id) => {
                if self.stage_of(&id) == Some(&Stage::Pending) {
                    self.end_payment(at, &id, "yoo_money", "expired_on_confirmation");
                }
            }
            ScheduledAction::ExpireHold(id) => {
                if let Some(Stage::Held { .. }) = self.stage_of(&id) {
                    self.end_payment(at, &id, "yoo_money", "expired_on_capture");
                }
            }
            ScheduledAction::EndRefund(id) => self.end_refund_as_set(at, &id),
            ScheduledAction::EndReceipt(id) => self.end_receipt(at, &id),
            ScheduledAction::EndPayout(id) => self.end_payout_as_set(at, &id),
            ScheduledAction::ExpireLink(number) => self.expire_link(at, number),
            ScheduledAction::EndBankReceipt(number) => self.end_bank_receipt(at, number),
            ScheduledAction::EndSbpRefund(number) => self.end_sbp_refund_as_set(at, number),
            ScheduledAction::Deliver(number) => self.outbox.becomes_ready(number),
        }
    }

    fn stage_of(&self, id: &str) -> Option<&Stage> {
        self.payments.get(id).map(|payment| &payment.stage)
    }
}
