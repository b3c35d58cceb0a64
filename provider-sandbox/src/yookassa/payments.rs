//! Making and showing payments.

use std::time::Duration;

use serde_json::Value;

use crate::clock::after;
use crate::money::Kopecks;
use crate::state::World;
use crate::state::agenda::Deed;
use crate::state::cards::{Verdict, verdict};
use crate::state::payer::Purse;
use crate::state::payment::{Metadata, Method, MethodKind, Payment, ReceiptRegistration, Stage};
use crate::yookassa::errors::Refusal;
use crate::yookassa::fields::Fields;
use crate::yookassa::methods::Wanted;
use crate::yookassa::{Call, confirmation, methods, receipts, wire};

/// Characters of a payment's description at most.
const DESCRIPTION_MAX: usize = 128;
/// Characters of the shop's name for its customer at most.
const CUSTOMER_ID_MAX: usize = 200;

/// A creation, read.
struct Wish {
    amount: Kopecks,
    method: Wanted,
    capture: bool,
    confirmation: Option<confirmation::Wanted>,
    description: Option<String>,
    metadata: Metadata,
    merchant_customer_id: Option<String>,
    save_method: bool,
    receipt: Option<Value>,
}

/// `POST /payments`.
///
/// # Errors
/// 400 for what is wrong with the wish.
pub fn create(world: &mut World, call: &Call) -> Result<Value, Refusal> {
    let wish = read(world, call)?;
    let now = world.clock.now();
    let id = world.ids.uuid();
    let method = match &wish.method {
        Wanted::Any => None,
        Wanted::Kind(kind) => Some(fresh_method(world, *kind)),
        Wanted::Card(_) => Some(fresh_method(world, MethodKind::BankCard)),
        Wanted::Saved(saved) => world.saved_methods.get(saved).cloned(),
    };
    let confirmation = wish
        .confirmation
        .map(|wanted| confirmation::prepare(world, wanted, &id, wish.amount));
    world.payments.put(
        id.clone(),
        now,
        Payment {
            id: id.clone(),
            amount: wish.amount,
            created_at: now,
            stage: Stage::Pending,
            capture: wish.capture,
            description: wish.description,
            metadata: wish.metadata,
            merchant_customer_id: wish.merchant_customer_id,
            save_method: wish.save_method,
            method,
            confirmation,
            qr: None,
            authorization: None,
            refunded: Kopecks::ZERO,
            refunding: Kopecks::ZERO,
            receipt_registration: wish.receipt.as_ref().map(|_| ReceiptRegistration::Pending),
            receipt: wish.receipt,
        },
    );
    let until = after(now, Duration::from_secs(world.settings.shop.pending_seconds));
    world.agenda.plan(until, Deed::ExpirePending(id.clone()));
    pay_at_once(world, &id, &wish.method);
    show(world, &id).ok_or_else(Refusal::internal)
}

/// `GET /payments/{id}`.
///
/// # Errors
/// 404 when there is none.
pub fn get(world: &World, call: &Call) -> Result<Value, Refusal> {
    show(world, &call.id).ok_or_else(|| Refusal::not_found("Payment", "payment_id"))
}

/// The payment as it is now.
pub fn show(world: &World, id: &str) -> Option<Value> {
    world
        .payments
        .get(id)
        .map(|payment| wire::payment(payment, &world.settings))
}

fn read(world: &World, call: &Call) -> Result<Wish, Refusal> {
    let body = Fields::of(&call.body, world.settings.unsettled.numeric_sums)?;
    let amount = body.need("amount", body.amount("amount")?)?;
    let method = methods::wanted(&body, amount)?;
    let capture = body.flag("capture")?.unwrap_or(false);
    let confirmation = confirmation::wanted(&body)?;
    match &method {
        Wanted::Kind(MethodKind::Sbp) if !capture => {
            return Err(Refusal::field(
                "capture",
                "sbp has no two-stage payments: capture must be true",
            ));
        }
        Wanted::Any | Wanted::Kind(_) if confirmation.is_none() => {
            return Err(Refusal::field(
                "confirmation",
                "Field confirmation is required: the payer must confirm this payment",
            ));
        }
        Wanted::Card(number) if confirmation.is_none() && asks_for_3ds(number) => {
            return Err(Refusal::field(
                "confirmation",
                "This card asks for 3-D Secure: a redirect is needed",
            ));
        }
        Wanted::Saved(id) if !world.saved_methods.contains_key(id) => {
            return Err(Refusal::field(
                "payment_method_id",
                "Payment method doesn't exist or is not saved",
            ));
        }
        Wanted::Any | Wanted::Kind(_) | Wanted::Card(_) | Wanted::Saved(_) => {}
    }
    Ok(Wish {
        amount,
        method,
        capture,
        confirmation,
        description: body.text("description", DESCRIPTION_MAX)?,
        metadata: body.metadata()?,
        merchant_customer_id: body.text("merchant_customer_id", CUSTOMER_ID_MAX)?,
        save_method: body.flag("save_payment_method")?.unwrap_or(false),
        receipt: receipts::enclosed(&body, amount, world.settings.shop.fiscalization.mode)?,
    })
}

fn asks_for_3ds(number: &str) -> bool {
    verdict(number) == Verdict::Approved { three_d_secure: true }
}

fn fresh_method(world: &mut World, kind: MethodKind) -> Method {
    Method {
        id: world.ids.uuid(),
        kind,
        saved: false,
        active: false,
        details: None,
    }
}

/// A card whose number the shop sent, and a way saved earlier, need no page.
fn pay_at_once(world: &mut World, id: &str, method: &Wanted) {
    let purse = match method {
        Wanted::Any | Wanted::Kind(_) => return,
        Wanted::Card(number) if asks_for_3ds(number) => return,
        Wanted::Card(number) => Purse::Card {
            number: number.clone(),
        },
        Wanted::Saved(_) => {
            let kind = world
                .payments
                .get(id)
                .and_then(|payment| payment.method.as_ref())
                .map(|method| method.kind);
            crate::yookassa::door::usual_purse(kind)
        }
    };
    let now = world.clock.now();
    // It has just been made, so it can be paid.
    let _ = world.pay(now, id, &purse);
}
