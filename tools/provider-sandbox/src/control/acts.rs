//! What payers, cash registers and banks do, done by hand.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::NotDone;
use crate::shared_state::SharedState;
use crate::state::SandboxState;
use crate::state::bank::WrongStatus;
use crate::state::payer::{PayerRefusal, PaymentInstrument};
use crate::state::payment::{MethodKind, Payment, ReceiptRegistration, RefundStage};
use crate::yookassa::{handler, payments};

/// Whose payment, and what its payer does.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayerAct {
    /// A YooKassa payment by its id, …
    #[serde(default)]
    payment: Option<String>,
    /// … or the newest one with this pair of metadata, …
    #[serde(default)]
    metadata: Option<Pair>,
    /// … or a T-Bank payment by its number, …
    #[serde(default)]
    bank_payment: Option<u64>,
    /// … or the newest one of this order.
    #[serde(default)]
    order_id: Option<String>,
    act: Act,
    /// The test card paid with.
    #[serde(default)]
    card: Option<String>,
    /// The way to pay, when the shop left it open: `bank_card`, `sbp`, `yoo_money`.
    #[serde(default)]
    method: Option<String>,
    /// Why it is declined.
    #[serde(default)]
    reason: Option<String>,
    /// Who declines it.
    #[serde(default)]
    party: Option<String>,
}

/// One pair of metadata.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    key: String,
    value: String,
}

/// What a payer does.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Act {
    Pay,
    Decline,
    WalkAway,
    /// T-Bank: the link's time ends now.
    Expire,
}

/// `POST /payer`: answers the payment as it is afterwards.
pub async fn payer(
    State(shared): State<Arc<SharedState>>,
    Json(act): Json<PayerAct>,
) -> Result<Json<Value>, NotDone> {
    shared
        .with(|state| {
            if act.bank_payment.is_some() || act.order_id.is_some() {
                act_at_bank(state, &act)
            } else {
                act_at_shop(state, &act)
            }
        })
        .map(Json)
}

fn act_at_shop(state: &mut SandboxState, act: &PayerAct) -> Result<Value, NotDone> {
    let payment = find(state, act).ok_or_else(|| NotDone::missing("there is no such payment"))?;
    let id = payment.id.clone();
    let asked_for = payment.method.as_ref().map(|method| method.kind);
    let now = state.clock.now();
    let done = match act.act {
        Act::Pay => {
            let instrument = instrument(act, asked_for)?;
            state.pay(now, &id, &instrument)
        }
        Act::Decline => state.decline(
            now,
            &id,
            act.party.as_deref().unwrap_or("payment_network"),
            act.reason.as_deref().unwrap_or("general_decline"),
        ),
        Act::WalkAway => state.walk_away(&id),
        Act::Expire => state.decline(now, &id, "yoo_money", "expired_on_confirmation"),
    };
    done.map_err(|refusal| match refusal {
        PayerRefusal::NoSuchPayment => NotDone::missing(refusal),
        PayerRefusal::NotPending(_) | PayerRefusal::OtherMethod(_) => NotDone::too_late(refusal),
    })?;
    payments::show(state, &id).ok_or_else(|| NotDone::missing("the payment is gone"))
}

fn instrument(act: &PayerAct, asked_for: Option<MethodKind>) -> Result<PaymentInstrument, NotDone> {
    if let Some(number) = &act.card {
        return Ok(PaymentInstrument::Card {
            number: number.clone(),
        });
    }
    let chosen = act
        .method
        .as_deref()
        .map(|name| MethodKind::of(name).ok_or_else(|| NotDone::wrong("there is no such way to pay")))
        .transpose()?;
    Ok(handler::usual_instrument(chosen.or(asked_for)))
}

fn find<'a>(state: &'a SandboxState, act: &PayerAct) -> Option<&'a Payment> {
    if let Some(id) = &act.payment {
        return state.payments.get(id);
    }
    let pair = act.metadata.as_ref()?;
    state
        .payments
        .iter()
        .rev()
        .find(|payment| payment.metadata.get(&pair.key) == Some(&Some(pair.value.clone())))
}

fn act_at_bank(state: &mut SandboxState, act: &PayerAct) -> Result<Value, NotDone> {
    let number = match (&act.bank_payment, &act.order_id) {
        (Some(number), _) => Some(*number),
        (None, Some(order)) => state
            .bank_payments
            .under(order)
            .next_back()
            .map(|payment| payment.number),
        (None, None) => None,
    };
    let number = number.ok_or_else(|| NotDone::missing("there is no such payment"))?;
    let by_card = act.card.is_some() || act.method.as_deref() == Some("bank_card");
    let now = state.clock.now();
    match act.act {
        Act::Pay => state.bank_pay(now, number, by_card),
        Act::Decline => state.bank_reject(now, number, act.reason.as_deref() != Some("once")),
        Act::WalkAway => Ok(()),
        Act::Expire => {
            state.expire_link(now, number);
            Ok(())
        }
    }
    .map_err(|refusal| match refusal {
        Some(WrongStatus(status)) => NotDone::too_late(format!("the payment is {}", status.name())),
        None => NotDone::missing("there is no such payment"),
    })?;
    state
        .bank_payment(number)
        .map(|payment| json!(payment))
        .ok_or_else(|| NotDone::missing("there is no such payment"))
}

/// How something pending ends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ending {
    outcome: EndingKind,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    message: Option<String>,
}

/// The two ways.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum EndingKind {
    Succeeded,
    Canceled,
}

impl Ending {
    fn canceled_for<'a>(&'a self, usual: &'a str) -> Option<&'a str> {
        match self.outcome {
            EndingKind::Succeeded => None,
            EndingKind::Canceled => Some(self.reason.as_deref().unwrap_or(usual)),
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
        let refund = state
            .refunds
            .get(&id)
            .ok_or_else(|| NotDone::missing("there is no such refund"))?;
        if refund.stage != RefundStage::Pending {
            return Err(NotDone::too_late("the refund is not pending"));
        }
        let now = state.clock.now();
        state.end_refund(now, &id, ending.canceled_for("general_decline"));
        Ok(Json(json!(state.refunds.get(&id))))
    })
}

/// `POST /receipts/{id}`: the cash register answers.
pub async fn receipt(
    State(shared): State<Arc<SharedState>>,
    Path(id): Path<String>,
    Json(ending): Json<Ending>,
) -> Result<Json<Value>, NotDone> {
    shared.with(|state| {
        let receipt = state
            .receipts
            .get(&id)
            .ok_or_else(|| NotDone::missing("there is no such receipt"))?;
        if receipt.registration != ReceiptRegistration::Pending {
            return Err(NotDone::too_late("the receipt is not pending"));
        }
        let now = state.clock.now();
        state.end_receipt(now, &id, ending.outcome == EndingKind::Succeeded);
        Ok(Json(json!(state.receipts.get(&id))))
    })
}

/// `POST /payouts/{id}`: ends a pending payout.
pub async fn payout(
    State(shared): State<Arc<SharedState>>,
    Path(id): Path<String>,
    Json(ending): Json<Ending>,
) -> Result<Json<Value>, NotDone> {
    shared.with(|state| {
        let payout = state
            .payouts
            .get(&id)
            .ok_or_else(|| NotDone::missing("there is no such payout"))?;
        if payout.stage != RefundStage::Pending {
            return Err(NotDone::too_late("the payout is not pending"));
        }
        let now = state.clock.now();
        state.end_payout(now, &id, ending.canceled_for("general_decline"));
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
        let payment = state
            .bank_payment(number)
            .ok_or_else(|| NotDone::missing("there is no such payment"))?;
        if payment.status != crate::state::bank::BankStatus::AsyncRefunding {
            return Err(NotDone::too_late("no refund is under way"));
        }
        let now = state.clock.now();
        let words = ending.message.as_deref().unwrap_or("Возврат не выполнен");
        let fault = ending.canceled_for("I05043").map(|code| (code, words));
        state.end_sbp_refund(now, number, fault);
        Ok(Json(json!(state.bank_payment(number))))
    })
}
