//! What a payer may do with a YooKassa payment, and what follows from it.

use jiff::Timestamp;

use crate::money::Kopecks;
use crate::state::SandboxState;
use crate::state::cards::{CardOutcome, USUAL_CARD, card_outcome, card_type};
use crate::state::payment::{Authorization, Method, MethodDetails, MethodKind, Payment, Stage};
use crate::state::scheduler::ScheduledAction;
use crate::state::wire;

/// The bank that every payer uses: its id and its BIC.
pub const USUAL_BANK: (&str, &str) = ("100000000111", "044525225");

/// What a payer pays with.
#[derive(Debug, Clone)]
pub enum PaymentInstrument {
    /// A card by its whole number, of which only its ends are kept: the sandbox knows what it means.
    Card(String),
    /// The payer's bank.
    Sbp,
}

impl PaymentInstrument {
    fn kind(&self) -> MethodKind {
        match self {
            Self::Card(_) => MethodKind::BankCard,
            Self::Sbp => MethodKind::Sbp,
        }
    }
}

/// Why a payer's act had no effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayerRefusal {
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
            PaymentInstrument::Card(number) => card_outcome(number),
            PaymentInstrument::Sbp => CardOutcome::Approved {
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

    /// The payer pays as usual by what the shop asked for: by the bank, or by the usual card.
    ///
    /// # Errors
    /// When the payment is not one that can be paid.
    pub fn pay_as_usual(&mut self, at: Timestamp, id: &str) -> Result<(), PayerRefusal> {
        let method = self.payments.get(id).and_then(|payment| payment.method.as_ref());
        let instrument = match method.map(|method| method.kind) {
            Some(MethodKind::Sbp) => PaymentInstrument::Sbp,
            Some(MethodKind::BankCard) | None => PaymentInstrument::Card(USUAL_CARD.to_owned()),
        };
        self.pay(at, id, &instrument)
    }

    /// The payer or the payer's bank declines, unless it is too late.
    pub fn decline(&mut self, at: Timestamp, id: &str, reason: &str) {
        if self.payable(id).is_ok() {
            self.end_payment(at, id, "payment_network", reason);
        }
    }

    /// Ends a payment that has not succeeded, and says so.
    pub fn end_payment(&mut self, at: Timestamp, id: &str, party: &str, reason: &str) {
        let found = self.payments.get_mut(id);
        let Some(payment) =
            found.filter(|payment| matches!(payment.stage, Stage::Pending | Stage::Held { .. }))
        else {
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
        self.register_payment_receipt(at, id);
        self.tell_payment(at, id, "payment.succeeded");
    }

    fn hold(&mut self, at: Timestamp, id: &str) {
        let seconds = self.settings.shop.hold_seconds;
        let expires_at = self.schedule(at, seconds, ScheduledAction::ExpireHold(id.to_owned()));
        if let Some(payment) = self.payments.get_mut(id) {
            payment.stage = Stage::Held { expires_at };
        }
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
        let Some(payment) = self.payments.get_mut(id) else {
            return;
        };
        if matches!(instrument, PaymentInstrument::Card(_)) {
            payment.authorization = Some(proof);
        }
        let (capture, amount) = (payment.capture, payment.amount);
        if capture {
            self.charge(at, id, amount);
        } else {
            self.hold(at, id);
        }
    }

    fn put_method(&mut self, id: &str, instrument: &PaymentInstrument) {
        let fresh = self.ids.uuid();
        let details = match instrument {
            PaymentInstrument::Card(number) => MethodDetails::Card {
                first6: number.chars().take(6).collect(),
                last4: number
                    .chars()
                    .skip(number.chars().count().saturating_sub(4))
                    .collect(),
                card_type: card_type(number),
            },
            PaymentInstrument::Sbp => MethodDetails::Sbp {
                operation_id: self.ids.sbp_operation('A'),
            },
        };
        let Some(payment) = self.payments.get_mut(id) else {
            return;
        };
        let method = payment.method.get_or_insert_with(|| Method {
            id: fresh,
            kind: instrument.kind(),
            details: None,
        });
        method.details.get_or_insert(details);
    }

    fn tell_payment(&mut self, at: Timestamp, id: &str, event: &str) {
        let Some(payment) = self.payments.get(id) else {
            return;
        };
        let object = wire::payment(payment, &self.settings);
        self.tell_shop(at, event, object);
    }
}
