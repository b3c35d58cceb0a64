//! YooKassa's API v3, as its description says: every operation on one page.

pub mod auth;
pub mod capture;
pub mod confirmation;
pub mod errors;
pub mod fields;
pub mod handler;
pub mod idempotency;
pub mod lists;
pub mod methods;
pub mod payments;
pub mod payouts;
pub mod receipts;
pub mod refunds;
pub mod shop;

use axum::http::Method;
use serde_json::Value;

use crate::state::SandboxState;
use crate::yookassa::auth::Caller;
use crate::yookassa::errors::Refusal;

/// What can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    PaymentsCreate,
    PaymentsGet,
    PaymentsList,
    PaymentsCapture,
    PaymentsCancel,
    RefundsCreate,
    RefundsGet,
    RefundsList,
    ReceiptsCreate,
    ReceiptsGet,
    ReceiptsList,
    PayoutsCreate,
    PayoutsGet,
    PayoutsList,
    PayoutsSearch,
    SbpBanks,
    Me,
    Webhooks,
}

/// What a path asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Route {
    /// This operation, on the object of that id.
    Found(Operation, String),
    /// The path exists, the method does not.
    WrongMethod,
    /// No such path.
    Nowhere,
}

impl Route {
    /// Reads a method and the path after `/v3/`.
    pub fn of(method: &Method, path: &str) -> Self {
        let parts: Vec<&str> = path.split('/').collect();
        let (get, post) = (*method == Method::GET, *method == Method::POST);
        let pick = |for_get: Option<Operation>, for_post: Option<Operation>, id: &str| {
            let operation = if get {
                for_get
            } else if post {
                for_post
            } else {
                None
            };
            operation.map_or(Self::WrongMethod, |operation| {
                Self::Found(operation, id.to_owned())
            })
        };
        match parts.as_slice() {
            ["payments"] => pick(Some(Operation::PaymentsList), Some(Operation::PaymentsCreate), ""),
            ["payments", id] => pick(Some(Operation::PaymentsGet), None, id),
            ["payments", id, "capture"] => pick(None, Some(Operation::PaymentsCapture), id),
            ["payments", id, "cancel"] => pick(None, Some(Operation::PaymentsCancel), id),
            ["refunds"] => pick(Some(Operation::RefundsList), Some(Operation::RefundsCreate), ""),
            ["refunds", id] => pick(Some(Operation::RefundsGet), None, id),
            ["receipts"] => pick(Some(Operation::ReceiptsList), Some(Operation::ReceiptsCreate), ""),
            ["receipts", id] => pick(Some(Operation::ReceiptsGet), None, id),
            ["payouts"] => pick(Some(Operation::PayoutsList), Some(Operation::PayoutsCreate), ""),
            ["payouts", "search"] => pick(Some(Operation::PayoutsSearch), None, ""),
            ["payouts", id] => pick(Some(Operation::PayoutsGet), None, id),
            ["sbp_banks"] => pick(Some(Operation::SbpBanks), None, ""),
            ["me"] => pick(Some(Operation::Me), None, ""),
            ["webhooks"] => pick(Some(Operation::Webhooks), Some(Operation::Webhooks), ""),
            ["webhooks", id] if *method == Method::DELETE => {
                Self::Found(Operation::Webhooks, (*id).to_owned())
            }
            ["webhooks", _] => Self::WrongMethod,
            _ => Self::Nowhere,
        }
    }
}

impl Operation {
    /// Its name in scripts and counters.
    pub fn name(self) -> &'static str {
        match self {
            Self::PaymentsCreate => "payments.create",
            Self::PaymentsGet => "payments.get",
            Self::PaymentsList => "payments.list",
            Self::PaymentsCapture => "payments.capture",
            Self::PaymentsCancel => "payments.cancel",
            Self::RefundsCreate => "refunds.create",
            Self::RefundsGet => "refunds.get",
            Self::RefundsList => "refunds.list",
            Self::ReceiptsCreate => "receipts.create",
            Self::ReceiptsGet => "receipts.get",
            Self::ReceiptsList => "receipts.list",
            Self::PayoutsCreate => "payouts.create",
            Self::PayoutsGet => "payouts.get",
            Self::PayoutsList => "payouts.list",
            Self::PayoutsSearch => "payouts.search",
            Self::SbpBanks => "sbp_banks",
            Self::Me => "me",
            Self::Webhooks => "webhooks",
        }
    }

    /// Whose credentials it wants.
    pub fn wants(self) -> &'static [Caller] {
        match self {
            Self::PayoutsCreate | Self::PayoutsGet | Self::PayoutsList | Self::PayoutsSearch => {
                &[Caller::Gateway]
            }
            Self::SbpBanks | Self::Me => &[Caller::Shop, Caller::Gateway],
            // Notifications by API belong to the partner programme (OAuth); a shop sets its address in the cabinet.
            Self::Webhooks => &[],
            Self::PaymentsCreate
            | Self::PaymentsGet
            | Self::PaymentsList
            | Self::PaymentsCapture
            | Self::PaymentsCancel
            | Self::RefundsCreate
            | Self::RefundsGet
            | Self::RefundsList
            | Self::ReceiptsCreate
            | Self::ReceiptsGet
            | Self::ReceiptsList => &[Caller::Shop],
        }
    }

    /// Whether it changes something, and therefore needs an Idempotence-Key.
    pub fn is_command(self) -> bool {
        match self {
            Self::PaymentsCreate
            | Self::PaymentsCapture
            | Self::PaymentsCancel
            | Self::RefundsCreate
            | Self::ReceiptsCreate
            | Self::PayoutsCreate => true,
            Self::PaymentsGet
            | Self::PaymentsList
            | Self::RefundsGet
            | Self::RefundsList
            | Self::ReceiptsGet
            | Self::ReceiptsList
            | Self::PayoutsGet
            | Self::PayoutsList
            | Self::PayoutsSearch
            | Self::SbpBanks
            | Self::Me
            | Self::Webhooks => false,
        }
    }
}

/// One request, read and let in.
#[derive(Debug)]
pub struct Call {
    pub operation: Operation,
    /// The object's id, when the path names one.
    pub id: String,
    pub query: Vec<(String, String)>,
    /// The JSON body; null when there is none.
    pub body: Value,
    pub caller: Caller,
}

/// Carries out one request; refusals change nothing.
///
/// # Errors
/// YooKassa's refusal, as it goes on the wire.
pub fn carry_out(state: &mut SandboxState, call: &Call) -> Result<Value, Refusal> {
    match call.operation {
        Operation::PaymentsCreate => payments::create(state, call),
        Operation::PaymentsGet => payments::get(state, call),
        Operation::PaymentsList => lists::payments(state, call),
        Operation::PaymentsCapture => capture::capture(state, call),
        Operation::PaymentsCancel => capture::cancel(state, call),
        Operation::RefundsCreate => refunds::create(state, call),
        Operation::RefundsGet => refunds::get(state, call),
        Operation::RefundsList => lists::refunds(state, call),
        Operation::ReceiptsCreate => receipts::create(state, call),
        Operation::ReceiptsGet => receipts::get(state, call),
        Operation::ReceiptsList => lists::receipts(state, call),
        Operation::PayoutsCreate => payouts::create(state, call),
        Operation::PayoutsGet => payouts::get(state, call),
        Operation::PayoutsList => lists::payouts(state, call),
        Operation::PayoutsSearch => lists::payouts_by_metadata(state, call),
        Operation::SbpBanks => Ok(shop::sbp_banks()),
        Operation::Me => Ok(shop::me(state, call.caller)),
        Operation::Webhooks => Err(Refusal::forbidden()),
    }
}
