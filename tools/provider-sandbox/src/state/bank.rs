//! T-Bank's payments through the fast payment system (and its cards): states, refunds under way, notifications.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::clock::after;
use crate::money::Kopecks;
use crate::state::outbox::{Notice, Sender};
use crate::state::scheduler::ScheduledAction;
use crate::state::settings::ScriptedOutcome;
use crate::state::unsettled::SbpNotification;
use crate::state::{QrOwner, SandboxState};
use crate::tbank::token;

/// So many refusals by the payer's bank end a payment.
const REJECTIONS_MAX: u32 = 3;
/// What the bank says when a refund through the fast payment system fails (the sample of its description).
const REFUND_FAILED: (&str, &str) = (
    "I05043",
    "У клиента нет расчетного счета в этом банке. Попробуйте вернуть деньги на счет этого клиента в другом банке",
);

/// One payment.
///
///     New ─GetQr, form─▶ FormShowed ─▶ Confirmed ─▶ AsyncRefunding ─▶ PartialRefunded | Refunded
///       └─Cancel─▶ Canceled  ├─▶ Rejected (three refusals)   └─ failed: back
///                            └─▶ DeadlineExpired
#[derive(Debug, Clone, Serialize)]
pub struct BankPayment {
    pub number: u64,
    pub order_id: String,
    pub amount: Kopecks,
    pub created_at: Timestamp,
    pub due: Timestamp,
    pub status: BankStatus,
    pub description: Option<String>,
    pub notification_url: Option<String>,
    pub success_url: Option<String>,
    pub fail_url: Option<String>,
    /// `DATA` of `Init`, returned in full notifications.
    pub notes: Option<Value>,
    /// Whether success waits for `Confirm` (`PayType: T`); for cards only.
    pub two_stage: bool,
    pub qr: Option<String>,
    pub sbp_payment_id: Option<String>,
    pub paid_by_card: bool,
    pub rejections: u32,
    pub refunded: Kopecks,
    pub refunding: Kopecks,
    /// The receipt of `Init`, registered once it is paid.
    pub receipt: Option<Value>,
    /// The receipt of the refund under way.
    pub refund_receipt: Option<Value>,
    /// What went wrong with the last refund.
    pub refund_fault: Option<(String, String)>,
}

/// T-Bank's words for the states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum BankStatus {
    New,
    FormShowed,
    Authorized,
    Confirmed,
    Rejected,
    DeadlineExpired,
    Canceled,
    Reversed,
    /// Part of the hold was let go; the rest is held.
    PartialReversed,
    AsyncRefunding,
    PartialRefunded,
    Refunded,
}

impl BankStatus {
    /// The word on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::FormShowed => "FORM_SHOWED",
            Self::Authorized => "AUTHORIZED",
            Self::Confirmed => "CONFIRMED",
            Self::Rejected => "REJECTED",
            Self::DeadlineExpired => "DEADLINE_EXPIRED",
            Self::Canceled => "CANCELED",
            Self::Reversed => "REVERSED",
            Self::PartialReversed => "PARTIAL_REVERSED",
            Self::AsyncRefunding => "ASYNC_REFUNDING",
            Self::PartialRefunded => "PARTIAL_REFUNDED",
            Self::Refunded => "REFUNDED",
        }
    }

    /// Whether a payer may still pay.
    pub fn is_open(self) -> bool {
        matches!(self, Self::New | Self::FormShowed)
    }
}

/// Why an act had no effect: the payment is in this state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongStatus(pub BankStatus);

impl SandboxState {
    /// The payment of that number.
    pub fn bank_payment(&self, number: u64) -> Option<&BankPayment> {
        self.bank_payments.get(&number.to_string())
    }

    /// The payment of that number, to change it.
    pub fn bank_payment_mut(&mut self, number: u64) -> Option<&mut BankPayment> {
        self.bank_payments.get_mut(&number.to_string())
    }

    /// Registers the QR of a payment (once) and answers its id.
    pub fn register_qr(&mut self, owner: QrOwner) -> String {
        let id = self.ids.sbp_operation('A');
        self.qr_codes.insert(id.clone(), owner);
        id
    }

    /// What the QR holds: the fast payment system's link, or the same link to the sandbox's own bank page.
    pub fn qr_payload(&self, qr: &str, amount: Kopecks) -> String {
        let host = match self.settings.unsettled.qr_leads_to {
            crate::state::unsettled::QrLeadsTo::Nspk => "https://qr.nspk.ru".to_owned(),
            crate::state::unsettled::QrLeadsTo::Sandbox => format!("{}/qr", self.site),
        };
        let check = token::check_digits(qr);
        format!(
            "{host}/{qr}?type=02&bank=100000000004&sum={}&cur=RUB&crc={check}",
            amount.0
        )
    }

    /// The payer's bank pays.
    ///
    /// # Errors
    /// When it is too late.
    pub fn bank_pay(&mut self, at: Timestamp, number: u64, by_card: bool) -> Result<(), Option<WrongStatus>> {
        let operation = self.ids.sbp_operation('A');
        let payment = self.bank_payment_mut(number).ok_or(None)?;
        if !payment.status.is_open() {
            return Err(Some(WrongStatus(payment.status)));
        }
        payment.paid_by_card = by_card;
        if by_card {
            // One-stage card payments announce both at the same time; two-stage ones wait for Confirm.
            let two_stage = payment.two_stage;
            self.bank_becomes(at, number, BankStatus::Authorized);
            if !two_stage {
                self.bank_becomes(at, number, BankStatus::Confirmed);
            }
        } else {
            payment.sbp_payment_id = Some(operation);
            self.bank_becomes(at, number, BankStatus::Confirmed);
        }
        Ok(())
    }

    /// The payer's bank refuses; the third time is the last.
    ///
    /// # Errors
    /// When it is too late.
    pub fn bank_reject(
        &mut self,
        at: Timestamp,
        number: u64,
        finally: bool,
    ) -> Result<(), Option<WrongStatus>> {
        let payment = self.bank_payment_mut(number).ok_or(None)?;
        if !payment.status.is_open() {
            return Err(Some(WrongStatus(payment.status)));
        }
        payment.rejections += 1;
        if finally || payment.rejections >= REJECTIONS_MAX {
            self.bank_becomes(at, number, BankStatus::Rejected);
        }
        Ok(())
    }

    /// The link's time is over.
    pub fn expire_link(&mut self, at: Timestamp, number: u64) {
        if self
            .bank_payment(number)
            .is_some_and(|payment| payment.status.is_open())
        {
            self.bank_becomes(at, number, BankStatus::DeadlineExpired);
        }
    }

    /// Begins a refund through the fast payment system.
    pub fn begin_sbp_refund(&mut self, at: Timestamp, number: u64, amount: Kopecks) {
        let terminal = &self.settings.terminal;
        let (outcome, due) = (
            terminal.refund,
            after(at, Duration::from_secs(terminal.refund_seconds)),
        );
        if let Some(payment) = self.bank_payment_mut(number) {
            payment.refunding = amount;
            payment.refund_fault = None;
        }
        self.bank_becomes(at, number, BankStatus::AsyncRefunding);
        if outcome != ScriptedOutcome::Wait {
            self.scheduler
                .schedule(due, ScheduledAction::EndSbpRefund(number));
        }
    }

    /// Ends a refund under way as the settings say now.
    pub fn end_sbp_refund_as_set(&mut self, at: Timestamp, number: u64) {
        match self.settings.terminal.refund {
            ScriptedOutcome::Succeed => self.end_sbp_refund(at, number, None),
            ScriptedOutcome::Cancel => self.end_sbp_refund(at, number, Some(REFUND_FAILED)),
            ScriptedOutcome::Wait => {}
        }
    }

    /// Ends a refund under way; a fault returns the payment to where it was.
    pub fn end_sbp_refund(&mut self, at: Timestamp, number: u64, fault: Option<(&str, &str)>) {
        let Some(payment) = self
            .bank_payment_mut(number)
            .filter(|payment| payment.status == BankStatus::AsyncRefunding)
        else {
            return;
        };
        let amount = std::mem::take(&mut payment.refunding);
        let mut receipt = None;
        match fault {
            None => {
                payment.refunded = payment.refunded.plus(amount);
                receipt = payment.refund_receipt.take();
            }
            Some((code, words)) => payment.refund_fault = Some((code.to_owned(), words.to_owned())),
        }
        let status = match (payment.refunded, payment.amount) {
            (Kopecks::ZERO, _) => BankStatus::Confirmed,
            (refunded, amount) if refunded >= amount => BankStatus::Refunded,
            (_, _) => BankStatus::PartialRefunded,
        };
        self.bank_becomes(at, number, status);
        self.begin_bank_receipt(at, number, false, amount, receipt);
    }

    /// Changes the state and notifies.
    pub fn bank_becomes(&mut self, at: Timestamp, number: u64, status: BankStatus) {
        let Some(payment) = self.bank_payment_mut(number) else {
            return;
        };
        payment.status = status;
        if status == BankStatus::Confirmed && payment.refund_fault.is_none() {
            let (receipt, amount) = (payment.receipt.take(), payment.amount);
            self.begin_bank_receipt(at, number, true, amount, receipt);
        }
        // A form that is only shown is nobody's news.
        if status != BankStatus::FormShowed {
            self.tell_terminal(at, number);
        }
    }

    fn tell_terminal(&mut self, at: Timestamp, number: u64) {
        let Some(payment) = self.bank_payment(number) else {
            return;
        };
        let terminal = &self.settings.terminal;
        let url = payment
            .notification_url
            .clone()
            .or_else(|| terminal.notification_url.clone());
        let notice = Notice {
            sender: Sender::Tbank,
            event: format!("tbank.{}", payment.status.name()),
            object: number.to_string(),
            url,
            source: terminal.notification_source,
            body: notification(payment, &self.settings),
        };
        self.notify(at, notice);
    }
}

fn notification(payment: &BankPayment, settings: &crate::state::settings::Settings) -> Value {
    let refused = matches!(payment.status, BankStatus::Rejected | BankStatus::DeadlineExpired);
    let refunded_now = matches!(payment.status, BankStatus::PartialRefunded | BankStatus::Refunded);
    let mut body = json!({
        "TerminalKey": settings.terminal.key,
        "OrderId": payment.order_id,
        "Success": !refused,
        "Status": payment.status.name(),
        "PaymentId": payment.number,
        "ErrorCode": if refused { "1051" } else { "0" },
        "Amount": if refunded_now { payment.refunded.0 } else { payment.amount.0 },
    });
    if let Some(fields) = body.as_object_mut() {
        if payment.paid_by_card {
            fields.insert("CardId".into(), json!(10_452_089));
            fields.insert("Pan".into(), json!("430000******0777"));
            fields.insert("ExpDate".into(), json!("1230"));
        }
        if settings.unsettled.sbp_notification == SbpNotification::Full {
            fields.insert("Pan".into(), json!("+7900*****23"));
            fields.insert("Message".into(), json!("OK"));
            fields.insert(
                "Data".into(),
                payment
                    .notes
                    .clone()
                    .unwrap_or_else(|| json!({"Source": "qrsbp"})),
            );
        }
    }
    token::sign(&mut body, &settings.terminal.password);
    body
}
