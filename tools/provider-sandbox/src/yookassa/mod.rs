//! YooKassa's API v3, as its description says: every operation on one page.

pub mod auth;
pub mod capture;
pub mod errors;
pub mod fields;
pub mod handler;
pub mod idempotency;
pub mod lists;
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

const SHOP: &[Caller] = &[Caller::Shop];
const GATEWAY: &[Caller] = &[Caller::Gateway];
const EITHER: &[Caller] = &[Caller::Shop, Caller::Gateway];

static OPERATIONS: [Operation; 17] = [
    post("payments.create", "payments", SHOP, payments::create),
    get("payments.get", "payments/{id}", SHOP, payments::get),
    get("payments.list", "payments", SHOP, lists::payments),
    post(
        "payments.capture",
        "payments/{id}/capture",
        SHOP,
        capture::capture,
    ),
    post("payments.cancel", "payments/{id}/cancel", SHOP, capture::cancel),
    post("refunds.create", "refunds", SHOP, refunds::create),
    get("refunds.get", "refunds/{id}", SHOP, refunds::get),
    get("refunds.list", "refunds", SHOP, lists::refunds),
    post("receipts.create", "receipts", SHOP, receipts::create),
    get("receipts.get", "receipts/{id}", SHOP, receipts::get),
    get("receipts.list", "receipts", SHOP, lists::receipts),
    post("payouts.create", "payouts", GATEWAY, payouts::create),
    get(
        "payouts.search",
        "payouts/search",
        GATEWAY,
        lists::payouts_by_metadata,
    ),
    get("payouts.get", "payouts/{id}", GATEWAY, payouts::get),
    get("payouts.list", "payouts", GATEWAY, lists::payouts),
    get("sbp_banks", "sbp_banks", EITHER, shop::sbp_banks),
    get("me", "me", EITHER, shop::me),
];

/// What can be asked.
#[derive(Debug)]
pub struct Operation {
    /// Its name in scripts and counters.
    pub name: &'static str,
    path: &'static str,
    /// Whose credentials it wants.
    pub wants: &'static [Caller],
    pub act: Act,
}

/// What a request does; its refusal changes nothing.
#[derive(Debug, Clone, Copy)]
pub enum Act {
    /// It is a `GET`.
    Shows(fn(&SandboxState, &Call) -> Result<Value, Refusal>),
    /// It is a `POST`, and therefore needs an Idempotence-Key.
    Changes(fn(&mut SandboxState, &Call) -> Result<Value, Refusal>),
}

const fn get(
    name: &'static str,
    path: &'static str,
    wants: &'static [Caller],
    show: fn(&SandboxState, &Call) -> Result<Value, Refusal>,
) -> Operation {
    let act = Act::Shows(show);
    Operation {
        name,
        path,
        wants,
        act,
    }
}

const fn post(
    name: &'static str,
    path: &'static str,
    wants: &'static [Caller],
    change: fn(&mut SandboxState, &Call) -> Result<Value, Refusal>,
) -> Operation {
    let act = Act::Changes(change);
    Operation {
        name,
        path,
        wants,
        act,
    }
}

impl Operation {
    fn takes(&self, method: &Method) -> bool {
        match self.act {
            Act::Shows(_) => *method == Method::GET,
            Act::Changes(_) => *method == Method::POST,
        }
    }

    /// The id in a path that is this operation's; empty where it names none.
    fn id_in<'p>(&self, path: &'p str) -> Option<&'p str> {
        let mut id = "";
        let mut parts = path.split('/');
        for own in self.path.split('/') {
            let part = parts.next()?;
            if own == "{id}" {
                id = part;
            } else if own != part {
                return None;
            }
        }
        parts.next().is_none().then_some(id)
    }
}

/// What a path asks for.
#[derive(Debug)]
pub enum Route {
    /// This operation, on the object of that id.
    Found(&'static Operation, String),
    /// The path exists, the method does not.
    WrongMethod,
    Nowhere,
}

impl Route {
    /// Reads a method and the path after `/v3/`.
    pub fn of(method: &Method, path: &str) -> Self {
        let mut is_known = false;
        for operation in &OPERATIONS {
            if let Some(id) = operation.id_in(path) {
                is_known = true;
                if operation.takes(method) {
                    return Self::Found(operation, id.to_owned());
                }
            }
        }
        if is_known {
            Self::WrongMethod
        } else {
            Self::Nowhere
        }
    }
}

/// One request, read and let in.
#[derive(Debug)]
pub struct Call {
    pub operation: &'static Operation,
    /// The object's id, when the path names one.
    pub id: String,
    pub query: Vec<(String, String)>,
    /// The JSON body; null when there is none.
    pub body: Value,
    pub caller: Caller,
}
