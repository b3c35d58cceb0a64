//! What payers and banks do, done by hand.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::NotDone;
use crate::shared_state::SharedState;
use crate::state::SandboxState;
use crate::state::bank::{BankStatus, REFUND_FAILED};
use crate::state::payer::{PayerRefusal, PaymentInstrument};
use crate::state::payment::RefundStage;
use crate::yookassa::payments;

/// Whose payment its payer pays, and by what.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paying {
    /// A YooKassa payment by its id, …
    #[serde(default)]
    payment: Option<String>,
    /// … or the newest one with this pair of metadata, …
    #[serde(default)]
    metadata: Option<Pair>,
    /// … or the newest payment of this T-Bank order.
    #[serde(default)]
    order_id: Option<String>,
    /// The test card; else the usual card, or the bank, by what the shop asked for.
    #[serde(default)]
    card: Option<String>,
}

/// One pair of metadata.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    key: String,
    value: String,
}

/// `POST /pay`: answers the payment as it is afterwards.
pub async fn pay(
    State(shared): State<Arc<SharedState>>,
    Json(paying): Json<Paying>,
) -> Result<Json<Value>, NotDone> {
    let paid = shared.with(|state| match &paying.order_id {
        Some(order) => pay_at_bank(state, order),
        None => pay_at_shop(state, paying),
    });
    paid.map(Json)
}

fn pay_at_shop(state: &mut SandboxState, paying: Paying) -> Result<Value, NotDone> {
    let found = || {
        let pair = paying.metadata?;
        let has = |told: Option<&Option<String>>| told.is_some_and(|told| told.as_ref() == Some(&pair.value));
        let mut newest_first = state.payments.iter().rev();
        let payment = newest_first.find(|payment| has(payment.metadata.get(&pair.key)))?;
        Some(payment.id.clone())
    };
    let id = paying.payment.or_else(found).unwrap_or_default();
    let now = state.clock.now();
    let done = match paying.card {
        Some(number) => state.pay(now, &id, &PaymentInstrument::Card(number)),
        None => state.pay_as_usual(now, &id),
    };
    done.map_err(|refusal| match refusal {
        PayerRefusal::NoSuchPayment => NotDone::missing(refusal),
        PayerRefusal::NotPending(_) | PayerRefusal::OtherMethod(_) => NotDone::too_late(refusal),
    })?;
    payments::show(state, &id).ok_or_else(|| NotDone::missing("the payment is gone"))
}

fn pay_at_bank(state: &mut SandboxState, order: &str) -> Result<Value, NotDone> {
    let newest = state.bank_payments.under(order).next_back();
    let payment = newest.ok_or_else(|| NotDone::missing("there is no such payment"))?;
    if !payment.status.is_open() {
        let status = payment.status.name();
        return Err(NotDone::too_late(format!("the payment is {status}")));
    }
    let (number, now) = (payment.number, state.clock.now());
    state.bank_pay(now, number);
    Ok(json!(state.bank_payment(number)))
}

/// How something pending ends.
#[derive(Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case", deny_unknown_fields)]
pub enum Ending {
    Succeeded,
    Canceled {
        #[serde(default = "usual_reason")]
        reason: String,
    },
}

fn usual_reason() -> String {
    "general_decline".to_owned()
}

impl Ending {
    fn reason(&self) -> Option<&str> {
        match self {
            Self::Succeeded => None,
            Self::Canceled { reason } => Some(reason),
        }
    }
}

/// `POST /refunds/{id}`: ends a pending refund.
pub async fn refund(
    State(shared): State<Arc<SharedState>>,
    Path(id): Path<String>,
    Json(ending): Json<Ending>,
) -> Result<Json<Value>, NotDone> {
    shared.with(|state| {
        let stage = state.refunds.get(&id).map(|refund| &refund.stage);
        check_pending(stage.map(|stage| *stage == RefundStage::Pending))?;
        let now = state.clock.now();
        state.end_refund(now, &id, ending.reason());
        Ok(Json(json!(state.refunds.get(&id))))
    })
}

/// `POST /payouts/{id}`: ends a pending payout.
pub async fn payout(
    State(shared): State<Arc<SharedState>>,
    Path(id): Path<String>,
    Json(ending): Json<Ending>,
) -> Result<Json<Value>, NotDone> {
    shared.with(|state| {
        let stage = state.payouts.get(&id).map(|payout| &payout.stage);
        check_pending(stage.map(|stage| *stage == RefundStage::Pending))?;
        let now = state.clock.now();
        state.end_payout(now, &id, ending.reason());
        Ok(Json(json!(state.payouts.get(&id))))
    })
}

/// `POST /bank-refunds/{number}`: ends a refund of T-Bank's that is under way.
pub async fn bank_refund(
    State(shared): State<Arc<SharedState>>,
    Path(number): Path<u64>,
    Json(ending): Json<Ending>,
) -> Result<Json<Value>, NotDone> {
    shared.with(|state| {
        let status = state.bank_payment(number).map(|payment| payment.status);
        check_pending(status.map(|status| status == BankStatus::AsyncRefunding))?;
        let now = state.clock.now();
        state.end_sbp_refund(now, number, ending.reason().map(|_| REFUND_FAILED));
        Ok(Json(json!(state.bank_payment(number))))
    })
}

fn check_pending(is_pending: Option<bool>) -> Result<(), NotDone> {
    match is_pending {
        Some(true) => Ok(()),
        Some(false) => Err(NotDone::too_late("it is not pending")),
        None => Err(NotDone::missing("there is no such thing")),
    }
}
