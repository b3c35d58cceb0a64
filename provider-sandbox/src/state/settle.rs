//! Lets time act: carries out, in order, everything whose time has come.

use jiff::Timestamp;

use crate::state::World;
use crate::state::agenda::Deed;
use crate::state::payment::Stage;

impl World {
    /// Carries out what is due, each deed as of its own time.
    pub fn settle(&mut self) {
        let now = self.clock.now();
        while let Some((at, deed)) = self.agenda.take_due(now) {
            self.carry_out(at, deed);
        }
    }

    fn carry_out(&mut self, at: Timestamp, deed: Deed) {
        match deed {
            Deed::ExpirePending(id) => {
                if self.stage_of(&id) == Some(&Stage::Pending) {
                    self.end_payment(at, &id, "yoo_money", "expired_on_confirmation");
                }
            }
            Deed::ExpireHold(id) => {
                if let Some(Stage::Held { .. }) = self.stage_of(&id) {
                    self.end_payment(at, &id, "yoo_money", "expired_on_capture");
                }
            }
            Deed::EndRefund(id) => self.end_refund_as_set(at, &id),
            Deed::EndReceipt(id) => self.end_receipt_as_set(at, &id),
            Deed::EndPayout(id) => self.end_payout_as_set(at, &id),
            Deed::ExpireLink(number) => self.expire_link(at, number),
            Deed::EndBankReceipt(number) => self.end_bank_receipt(at, number),
            Deed::EndSbpRefund(number) => self.end_sbp_refund_as_set(at, number),
            Deed::Deliver(number) => self.outbox.becomes_ready(number),
        }
    }

    fn stage_of(&self, id: &str) -> Option<&Stage> {
        self.payments.get(id).map(|payment| &payment.stage)
    }
}
