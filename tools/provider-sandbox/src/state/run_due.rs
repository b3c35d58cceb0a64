//! Runs what is due: carries out, in order, everything whose time has come.

use jiff::Timestamp;

use crate::state::SandboxState;
use crate::state::payment::Stage;
use crate::state::scheduler::ScheduledAction;

impl SandboxState {
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
            ScheduledAction::EndReceipt(id) => self.end_receipt_as_set(at, &id),
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
