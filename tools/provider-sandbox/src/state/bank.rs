//! T-Bank's payments through the fast payment system: states, refunds under way, notifications.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::money::Kopecks;
use crate::state::outbox::{Notice, Sender};
use crate::state::scheduler::ScheduledAction;
use crate::state::settings::{ScriptedOutcome, merge};
use crate::state::unsettled::{QrLeadsTo, SbpNotification};
use crate::state::{QrOwner, SandboxState};
use crate::tbank::token;

/// So many refusals by the payer's bank end a payment.
const REJECTIONS_MAX: u32 = 3;
/// How long a refund is under way, in (virtual) seconds.
const REFUND_SECONDS: u64 = 2;
/// What the bank says when a refund through the fast payment system fails (the sample of its description).
pub const REFUND_FAILED: (&str, &str) = (
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
    pub status: BankStatus,
    pub description: Option<String>,
    pub notification_url: Option<String>,
    pub success_url: Option<String>,
    pub qr: Option<String>,
    pub sbp_payment_id: Option<String>,
    pub rejections: u32,
    pub refunded: Kopecks,
    pub refunding: Kopecks,
    /// The receipt of `Init`, registered once it is paid.
    pub receipt: Option<Value>,
    /// The receipt of the refund under way.
    pub refund_receipt: Option<Value>,
    /// What went wrong with the last refund.
    pub refund_fault: Option<(&'static str, &'static str)>,
}

/// T-Bank's words for the states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum BankStatus {
    New,
    FormShowed,
    Confirmed,
    Rejected,
    DeadlineExpired,
    Canceled,
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
            Self::Confirmed => "CONFIRMED",
            Self::Rejected => "REJECTED",
            Self::DeadlineExpired => "DEADLINE_EXPIRED",
            Self::Canceled => "CANCELED",
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
            QrLeadsTo::Nspk => "https://qr.nspk.ru".to_owned(),
            QrLeadsTo::Sandbox => format!("{}/qr", self.site),
        };
        let (sum, check) = (amount.0, token::check_digits(qr));
        format!("{host}/{qr}?type=02&bank=100000000004&sum={sum}&cur=RUB&crc={check}")
    }

    /// The payer's bank pays, unless it is too late.
    pub fn bank_pay(&mut self, at: Timestamp, number: u64) {
        let operation = self.ids.sbp_operation('A');
        if let Some(payment) = self.open_payment(number) {
            payment.sbp_payment_id = Some(operation);
            self.bank_becomes(at, number, BankStatus::Confirmed);
        }
    }

    /// The payer's bank refuses, unless it is too late; the third time is the last.
    pub fn bank_reject(&mut self, at: Timestamp, number: u64, finally: bool) {
        if let Some(payment) = self.open_payment(number) {
            payment.rejections += 1;
            if finally || payment.rejections >= REJECTIONS_MAX {
                self.bank_becomes(at, number, BankStatus::Rejected);
            }
        }
    }

    /// The link's time is over.
    pub fn expire_link(&mut self, at: Timestamp, number: u64) {
        if self.open_payment(number).is_some() {
            self.bank_becomes(at, number, BankStatus::DeadlineExpired);
        }
    }

    fn open_payment(&mut self, number: u64) -> Option<&mut BankPayment> {
        self.bank_payment_mut(number)
            .filter(|payment| payment.status.is_open())
    }

    /// Begins a refund through the fast payment system, with its receipt.
    pub fn begin_sbp_refund(&mut self, at: Timestamp, number: u64, amount: Kopecks, receipt: Option<Value>) {
        if let Some(payment) = self.bank_payment_mut(number) {
            payment.refunding = amount;
            payment.refund_receipt = receipt;
            payment.refund_fault = None;
        }
        self.bank_becomes(at, number, BankStatus::AsyncRefunding);
        let outcome = self.settings.terminal.refund;
        self.schedule_end(at, outcome, REFUND_SECONDS, ScheduledAction::EndSbpRefund(number));
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
    pub fn end_sbp_refund(
        &mut self,
        at: Timestamp,
        number: u64,
        fault: Option<(&'static str, &'static str)>,
    ) {
        let found = self.bank_payment_mut(number);
        let Some(payment) = found.filter(|payment| payment.status == BankStatus::AsyncRefunding) else {
            return;
        };
        let amount = std::mem::take(&mut payment.refunding);
        let mut receipt = None;
        if fault.is_none() {
            payment.refunded = payment.refunded.plus(amount);
            receipt = payment.refund_receipt.take();
        }
        payment.refund_fault = fault;
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
            self.tell_of_status(at, number);
        }
    }

    fn tell_of_status(&mut self, at: Timestamp, number: u64) {
        let Some(payment) = self.bank_payment(number) else {
            return;
        };
        let refused = matches!(payment.status, BankStatus::Rejected | BankStatus::DeadlineExpired);
        let refunded_now = matches!(payment.status, BankStatus::PartialRefunded | BankStatus::Refunded);
        let body = json!({
            "Success": !refused,
            "Status": payment.status.name(),
            "ErrorCode": if refused { "1051" } else { "0" },
            "Amount": if refunded_now { payment.refunded.0 } else { payment.amount.0 },
        });
        let more = match self.settings.unsettled.sbp_notification {
            SbpNotification::Bare => json!({}),
            SbpNotification::Full => {
                json!({"Pan": "+7900*****23", "Message": "OK", "Data": {"Source": "qrsbp"}})
            }
        };
        self.tell_by_bank(at, number, body, &more);
    }

    /// Notifies the shop of a payment: what every notification says, `body` and `more`, signed.
    pub fn tell_by_bank(&mut self, at: Timestamp, number: u64, mut body: Value, more: &Value) {
        let Some(payment) = self.bank_payment(number) else {
            return;
        };
        let terminal = &self.settings.terminal;
        merge(&mut body, more);
        let usual = json!({"TerminalKey": terminal.key, "OrderId": payment.order_id, "PaymentId": number});
        merge(&mut body, &usual);
        token::sign(&mut body, &terminal.password);
        let own_url = payment.notification_url.clone();
        let notice = Notice {
            sender: Sender::Tbank,
            event: format!("tbank.{}", body["Status"].as_str().unwrap_or_default()),
            url: own_url.or_else(|| terminal.notification_url.clone()),
            source: terminal.notification_source,
            body,
        };
        self.notify(at, notice);
    }
}
