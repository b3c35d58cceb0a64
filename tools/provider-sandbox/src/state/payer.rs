//! What a payer may do with a YooKassa payment, and what follows from it.

use std::time::Duration;

use jiff::Timestamp;

use crate::clock::after;
use crate::money::Kopecks;
use crate::state::SandboxState;
use crate::state::cards::{CardOutcome, card_outcome, card_type};
use crate::state::outbox::{Notice, Sender};
use crate::state::payment::{
    Authorization, Method, MethodDetails, MethodKind, Payment, ReceiptRegistration, Stage,
};
use crate::state::scheduler::ScheduledAction;
use crate::state::settings::FiscalMode;
use crate::state::wire;

/// The bank a payer uses when none is named: its id and its BIC.
pub const USUAL_BANK: (&str, &str) = ("100000000111", "044525225");
/// The wallet a payer uses when none is named.
const USUAL_WALLET: &str = "41001614575714";

/// What a payer pays with.
#[derive(Debug, Clone)]
pub enum PaymentInstrument {
    /// A card: the sandbox knows what its number means.
    Card {
        /// The whole number; only its ends are kept.
        number: String,
    },
    /// The payer's bank.
    Sbp,
    /// A wallet.
    YooMoney,
}

impl PaymentInstrument {
    fn kind(&self) -> MethodKind {
        match self {
            Self::Card { .. } => MethodKind::BankCard,
            Self::Sbp => MethodKind::Sbp,
            Self::YooMoney => MethodKind::YooMoney,
        }
    }
}

/// Why a payer's act had no effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayerRefusal {
    /// No such payment.
    #[error("there is no such payment")]
    NoSuchPayment,
    /// It is past being paid.
    #[error("the payment is {0} and can no longer be paid")]
    NotPending(&'static str),
    /// The shop asked for another way to pay.
    #[error("the payment can only be paid by {0}")]
    OtherMethod(&'static str),
}

impl SandboxState {
    /// The payer pays; a test card that declines ends the payment.
    ///
    /// # Errors
    /// When the payment is not one that can be paid so.
    pub fn pay(
        &mut self,
        at: Timestamp,
        id: &str,
        instrument: &PaymentInstrument,
    ) -> Result<(), PayerRefusal> {
        let payment = self.payable(id)?;
        if let Some(method) = &payment.method
            && method.kind != instrument.kind()
        {
            return Err(PayerRefusal::OtherMethod(method.kind.name()));
        }
        let decision = match instrument {
            PaymentInstrument::Card { number } => card_outcome(number),
            PaymentInstrument::Sbp | PaymentInstrument::YooMoney => CardOutcome::Approved {
                three_d_secure: false,
            },
        };
        self.put_method(id, instrument);
        match decision {
            CardOutcome::Declined { party, reason } => self.end_payment(at, id, party, reason),
            CardOutcome::Approved { three_d_secure } => self.approve(at, id, instrument, three_d_secure),
        }
        Ok(())
    }

    /// The payment is declined with this reason.
    ///
    /// # Errors
    /// When the payment can no longer be declined.
    pub fn decline(
        &mut self,
        at: Timestamp,
        id: &str,
        party: &str,
        reason: &str,
    ) -> Result<(), PayerRefusal> {
        self.payable(id)?;
        self.end_payment(at, id, party, reason);
        Ok(())
    }

    /// The payer closes the page: nothing happens, which is the point; the payment expires by itself.
    ///
    /// # Errors
    /// When there was nothing to walk away from.
    pub fn walk_away(&self, id: &str) -> Result<(), PayerRefusal> {
        self.payable(id).map(|_| ())
    }

    /// Ends a payment that has not succeeded, and says so.
    pub fn end_payment(&mut self, at: Timestamp, id: &str, party: &str, reason: &str) {
        let Some(payment) = self.payments.get_mut(id).filter(|payment| !payment.is_final()) else {
            return;
        };
        payment.stage = Stage::Canceled {
            party: party.to_owned(),
            reason: reason.to_owned(),
        };
        self.tell_payment(at, id, "payment.canceled");
    }

    /// Charges a payment: its final sum, at once.
    pub fn charge(&mut self, at: Timestamp, id: &str, captured: Kopecks) {
        let Some(payment) = self.payments.get_mut(id) else {
            return;
        };
        payment.stage = Stage::Succeeded {
            captured_at: at,
            captured,
        };
        if self.settings.shop.fiscalization.mode != FiscalMode::ReceiptFirst {
            self.register_payment_receipt(at, id);
        }
        self.tell_payment(at, id, "payment.succeeded");
    }

    /// The money is there: hold it or charge it.
    pub fn authorised(&mut self, at: Timestamp, id: &str) {
        let Some(payment) = self.payments.get_mut(id) else {
            return;
        };
        if payment.capture {
            let amount = payment.amount;
            self.charge(at, id, amount);
            return;
        }
        let expires_at = after(at, Duration::from_secs(self.settings.shop.hold_seconds));
        payment.stage = Stage::Held { expires_at };
        self.scheduler
            .schedule(expires_at, ScheduledAction::ExpireHold(id.to_owned()));
        self.tell_payment(at, id, "payment.waiting_for_capture");
    }

    fn payable(&self, id: &str) -> Result<&Payment, PayerRefusal> {
        let payment = self.payments.get(id).ok_or(PayerRefusal::NoSuchPayment)?;
        if payment.stage != Stage::Pending {
            return Err(PayerRefusal::NotPending(payment.stage.status()));
        }
        Ok(payment)
    }

    fn approve(&mut self, at: Timestamp, id: &str, instrument: &PaymentInstrument, three_d_secure: bool) {
        let proof = Authorization {
            rrn: self.ids.digits(12),
            auth_code: self.ids.digits(6),
            three_d_secure,
        };
        let receipt_first = self.settings.shop.fiscalization.mode == FiscalMode::ReceiptFirst;
        let Some(payment) = self.payments.get_mut(id) else {
            return;
        };
        if matches!(instrument, PaymentInstrument::Card { .. }) {
            payment.authorization = Some(proof);
        }
        if payment.save_method
            && let Some(method) = &mut payment.method
        {
            method.saved = true;
            method.active = true;
            self.saved_methods.insert(method.id.clone(), method.clone());
        }
        if receipt_first && payment.receipt.is_some() {
            payment.stage = Stage::AtCashRegister;
            payment.receipt_registration = Some(ReceiptRegistration::Pending);
            self.register_payment_receipt(at, id);
        } else {
            self.authorised(at, id);
        }
    }

    fn put_method(&mut self, id: &str, instrument: &PaymentInstrument) {
        let fresh = self.ids.uuid();
        let details = match instrument {
            PaymentInstrument::Card { number } => MethodDetails::Card {
                first6: number.chars().take(6).collect(),
                last4: number
                    .chars()
                    .skip(number.chars().count().saturating_sub(4))
                    .collect(),
                card_type: card_type(number),
            },
            PaymentInstrument::Sbp => MethodDetails::Sbp {
                operation_id: self.ids.sbp_operation('A'),
                bank_id: USUAL_BANK.0.to_owned(),
                bic: USUAL_BANK.1.to_owned(),
            },
            PaymentInstrument::YooMoney => MethodDetails::Wallet {
                account: USUAL_WALLET.to_owned(),
            },
        };
        let Some(payment) = self.payments.get_mut(id) else {
            return;
        };
        let method = payment.method.get_or_insert_with(|| Method {
            id: fresh,
            kind: instrument.kind(),
            saved: false,
            active: false,
            details: None,
        });
        method.details.get_or_insert(details);
    }

    fn tell_payment(&mut self, at: Timestamp, id: &str, event: &str) {
        let Some(payment) = self.payments.get(id) else {
            return;
        };
        let object = wire::payment(payment, &self.settings);
        self.tell_shop(at, event, id, object);
    }

    /// Notifies the shop of an event with the object as it is now.
    pub fn tell_shop(&mut self, at: Timestamp, event: &str, id: &str, object: serde_json::Value) {
        let notice = Notice {
            sender: Sender::Yookassa,
            event: event.to_owned(),
            object: id.to_owned(),
            url: self.settings.shop.webhook_url.clone(),
            source: self.settings.shop.webhook_source,
            body: serde_json::json!({"type": "notification", "event": event, "object": object}),
        };
        self.notify(at, notice);
    }
}
