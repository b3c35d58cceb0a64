//! Lists: filters, pages and cursors, newest first.

use std::ops::Bound;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::state::SandboxState;
use crate::state::collection::{Collection, ListQuery};
use crate::state::payment::{MethodKind, Payment, RefundStage, Stage};
use crate::state::wire;
use crate::yookassa::Call;
use crate::yookassa::errors::Refusal;

/// Items of a page when nothing else is asked for.
const LIMIT_USUAL: usize = 10;
/// Items of a page at most.
const LIMIT_MAX: usize = 100;
/// Lists reach three years back; searches of payouts three months.
const YEARS_BACK: i64 = 3 * 365 * 24;
/// Hours that a search of payouts reaches back.
const SEARCH_BACK: i64 = 92 * 24;

/// What a payment can be; …
const PAYMENT_STATUSES: [&str; 4] = ["pending", "waiting_for_capture", "succeeded", "canceled"];
/// … and a refund, a receipt or a payout.
const STATUSES: [&str; 3] = ["pending", "succeeded", "canceled"];

/// Every way to pay that the provider's description names, played here or not.
const METHODS: [&str; 18] = [
    "bank_card",
    "cash",
    "alfabank",
    "webmoney",
    "wechat",
    "apple_pay",
    "google_pay",
    "qiwi",
    "installments",
    "yoo_money",
    "sberbank",
    "mobile_balance",
    "b2b_sberbank",
    "tinkoff_bank",
    "sbp",
    "sber_loan",
    "electronic_certificate",
    "sber_bnpl",
];

/// A span of time as filters give it.
#[derive(Debug, Clone, Copy)]
struct Span {
    oldest: Bound<Timestamp>,
    newest: Bound<Timestamp>,
}

impl Span {
    fn holds(&self, moment: Option<Timestamp>) -> bool {
        let open = matches!((self.oldest, self.newest), (Bound::Unbounded, Bound::Unbounded));
        match moment {
            Some(moment) => std::ops::RangeBounds::contains(&(self.oldest, self.newest), &moment),
            None => open,
        }
    }
}

/// `GET /payments`.
///
/// # Errors
/// 400 for a filter that is none.
pub fn payments(state: &SandboxState, call: &Call) -> Result<Value, Refusal> {
    let query = Query::of(call, &["created_at.", "captured_at.", "payment_method", "status"])?;
    let status = query.one_of("status", &PAYMENT_STATUSES)?;
    let captured = query.span("captured_at")?;
    let method = query.one_of("payment_method", &METHODS)?;
    let fits = |payment: &Payment| {
        status.is_none_or(|status| payment.stage.status() == status)
            && captured.holds(captured_at(payment))
            && method.is_none_or(|method| {
                let kind = payment.method.as_ref().map(|own| own.kind);
                kind.is_some_and(|kind| Some(kind) == MethodKind::of(method))
            })
    };
    let wanted = query.list_query(state, YEARS_BACK)?;
    Ok(page(&state.payments, &wanted, fits, |payment| {
        wire::payment(payment, &state.settings)
    }))
}

/// `GET /refunds`.
///
/// # Errors
/// 400 for a filter that is none.
pub fn refunds(state: &SandboxState, call: &Call) -> Result<Value, Refusal> {
    let query = Query::of(call, &["created_at.", "payment_id", "status"])?;
    let status = query.one_of("status", &STATUSES)?;
    let wanted = query.list_query(state, YEARS_BACK)?;
    Ok(page(
        &state.refunds,
        &wanted,
        |refund| status.is_none_or(|status| refund.stage.status() == status),
        wire::refund,
    ))
}

/// `GET /receipts`.
///
/// # Errors
/// 400 for a filter that is none.
pub fn receipts(state: &SandboxState, call: &Call) -> Result<Value, Refusal> {
    let query = Query::of(call, &["created_at.", "payment_id", "refund_id", "status"])?;
    let status = query.one_of("status", &STATUSES)?;
    let refund = query.text("refund_id");
    let wanted = query.list_query(state, YEARS_BACK)?;
    Ok(page(
        &state.receipts,
        &wanted,
        |receipt| {
            status.is_none_or(|status| receipt.registration.status() == status)
                && refund.is_none_or(|id| receipt.refund_id.as_deref() == Some(id))
        },
        wire::receipt,
    ))
}

/// `GET /payouts`.
///
/// # Errors
/// 400 for a filter that is none.
pub fn payouts(state: &SandboxState, call: &Call) -> Result<Value, Refusal> {
    let query = Query::of(
        call,
        &[
            "created_at.",
            "succeeded_at.",
            "payout_destination.type",
            "status",
        ],
    )?;
    let status = query.one_of("status", &STATUSES)?;
    let kind = query.text("payout_destination.type");
    let succeeded = query.span("succeeded_at")?;
    let wanted = query.list_query(state, YEARS_BACK)?;
    Ok(page(
        &state.payouts,
        &wanted,
        |payout| {
            let at = match payout.stage {
                RefundStage::Succeeded { at } => Some(at),
                RefundStage::Pending | RefundStage::Canceled { .. } => None,
            };
            status.is_none_or(|status| payout.stage.status() == status)
                && kind.is_none_or(|kind| payout.destination.kind() == kind)
                && succeeded.holds(at)
        },
        |payout| wire::payout(payout, state.settings.shop.test),
    ))
}

/// `GET /payouts/search`: by one pair of metadata, three months back.
///
/// # Errors
/// 400 for a filter that is none, or no pair.
pub fn payouts_by_metadata(state: &SandboxState, call: &Call) -> Result<Value, Refusal> {
    let query = Query::of(call, &["created_at.", "metadata["])?;
    let pair = query.pairs.iter().find_map(|(name, value)| {
        let key = name.strip_prefix("metadata[")?.strip_suffix(']')?;
        Some((key, value))
    });
    let wanted = query.list_query(state, SEARCH_BACK)?;
    Ok(page(
        &state.payouts,
        &wanted,
        |payout| pair.is_none_or(|(key, value)| payout.metadata.get(key) == Some(&Some(value.clone()))),
        |payout| wire::payout(payout, state.settings.shop.test),
    ))
}

fn captured_at(payment: &Payment) -> Option<Timestamp> {
    match payment.stage {
        Stage::Succeeded { captured_at, .. } => Some(captured_at),
        Stage::Pending | Stage::AtCashRegister | Stage::Held { .. } | Stage::Canceled { .. } => None,
    }
}

fn page<T>(
    collection: &Collection<T>,
    wanted: &ListQuery,
    fits: impl Fn(&T) -> bool,
    show: impl Fn(&T) -> Value,
) -> Value {
    let (rows, next) = collection.page(wanted, fits);
    let items: Vec<Value> = rows.into_iter().map(show).collect();
    match next {
        Some((moment, index)) => {
            let cursor = URL_SAFE_NO_PAD.encode(format!("{}.{index}", moment.as_millisecond()));
            json!({"type": "list", "items": items, "next_cursor": cursor})
        }
        None => json!({"type": "list", "items": items}),
    }
}

/// The query of a list call.
struct Query<'a> {
    pairs: &'a [(String, String)],
}

impl<'a> Query<'a> {
    /// Reads it; names ending in a dot or bracket stand for a family.
    fn of(call: &'a Call, known: &[&str]) -> Result<Self, Refusal> {
        for (name, _) in &call.query {
            let is_known = known.iter().chain(&["limit", "cursor"]).any(|pattern| {
                if pattern.ends_with(['.', '[']) {
                    name.starts_with(pattern)
                } else {
                    name == pattern
                }
            });
            if !is_known {
                return Err(Refusal::field(name.as_str(), "Unknown parameter"));
            }
        }
        Ok(Self { pairs: &call.query })
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        self.pairs
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.as_str())
    }

    fn one_of(&self, name: &str, words: &[&str]) -> Result<Option<&'a str>, Refusal> {
        match self.text(name) {
            Some(word) if !words.contains(&word) => Err(Refusal::field(name, "Unknown value")),
            word => Ok(word),
        }
    }

    fn span(&self, name: &str) -> Result<Span, Refusal> {
        let bound = |inclusive: &str, exclusive: &str| {
            let (inclusive, exclusive) = (format!("{name}.{inclusive}"), format!("{name}.{exclusive}"));
            match (self.moment(&inclusive)?, self.moment(&exclusive)?) {
                (Some(moment), _) => Ok(Bound::Included(moment)),
                (None, Some(moment)) => Ok(Bound::Excluded(moment)),
                (None, None) => Ok(Bound::Unbounded),
            }
        };
        Ok(Span {
            oldest: bound("gte", "gt")?,
            newest: bound("lte", "lt")?,
        })
    }

    fn moment(&self, name: &str) -> Result<Option<Timestamp>, Refusal> {
        self.text(name)
            .map(|text| {
                text.parse::<Timestamp>()
                    .map_err(|_| Refusal::field(name, "Must be an ISO 8601 moment"))
            })
            .transpose()
    }

    fn list_query(&self, state: &SandboxState, hours_back: i64) -> Result<ListQuery, Refusal> {
        let span = self.span("created_at")?;
        let limit = match self.text("limit") {
            None => LIMIT_USUAL,
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=LIMIT_MAX).contains(limit))
                .ok_or_else(|| Refusal::field("limit", "Must be from 1 to 100"))?,
        };
        let horizon = state
            .clock
            .now()
            .checked_sub(jiff::SignedDuration::from_hours(hours_back))
            .unwrap_or(Timestamp::MIN);
        let oldest = match span.oldest {
            Bound::Unbounded => Bound::Included(horizon),
            bounded @ (Bound::Included(_) | Bound::Excluded(_)) => bounded,
        };
        Ok(ListQuery {
            newest: span.newest,
            oldest,
            after: self.text("cursor").map(read_cursor).transpose()?,
            under: self.text("payment_id").map(ToOwned::to_owned),
            limit,
        })
    }
}

fn read_cursor(cursor: &str) -> Result<(Timestamp, usize), Refusal> {
    let read = || {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
        let (moment, index) = text.split_once('.')?;
        let moment = Timestamp::from_millisecond(moment.parse().ok()?).ok()?;
        Some((moment, index.parse().ok()?))
    };
    read().ok_or_else(|| Refusal::field("cursor", "Unknown cursor"))
}
