//! Lists: filters, pages and cursors, newest first.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::state::SandboxState;
use crate::state::collection::{Collection, ListQuery};
use crate::state::wire;
use crate::yookassa::Call;
use crate::yookassa::errors::Refusal;

/// Items of a page when nothing else is asked for.
const LIMIT_USUAL: usize = 10;
/// Items of a page at most.
const LIMIT_MAX: usize = 100;
/// Lists reach three years back, …
const YEARS_BACK: SignedDuration = SignedDuration::from_hours(3 * 365 * 24);
/// … searches of payouts three months.
const SEARCH_BACK: SignedDuration = SignedDuration::from_hours(92 * 24);

/// What a payment can be; …
const PAYMENT_STATUSES: [&str; 4] = ["pending", "waiting_for_capture", "succeeded", "canceled"];
/// … and a refund, a receipt or a payout.
const STATUSES: [&str; 3] = ["pending", "succeeded", "canceled"];

/// `GET /payments`: 400 for a filter that is none.
pub fn payments(state: &SandboxState, call: &Call) -> Result<Value, Refusal> {
    let query = Query::of(call, &["status"])?;
    let status = query.one_of("status", &PAYMENT_STATUSES)?;
    let wanted = query.list_query(state, YEARS_BACK)?;
    Ok(page(
        &state.payments,
        &wanted,
        |payment| status.is_none_or(|status| payment.stage.status() == status),
        |payment| wire::payment(payment, &state.settings),
    ))
}

/// `GET /refunds`: 400 for a filter that is none.
pub fn refunds(state: &SandboxState, call: &Call) -> Result<Value, Refusal> {
    let query = Query::of(call, &["payment_id", "status"])?;
    let status = query.one_of("status", &STATUSES)?;
    let wanted = query.list_query(state, YEARS_BACK)?;
    Ok(page(
        &state.refunds,
        &wanted,
        |refund| status.is_none_or(|status| refund.stage.status() == status),
        wire::refund,
    ))
}

/// `GET /receipts`: 400 for a filter that is none.
pub fn receipts(state: &SandboxState, call: &Call) -> Result<Value, Refusal> {
    let query = Query::of(call, &["payment_id", "refund_id", "status"])?;
    let status = query.one_of("status", &STATUSES)?;
    let refund = query.text("refund_id");
    let wanted = query.list_query(state, YEARS_BACK)?;
    Ok(page(
        &state.receipts,
        &wanted,
        |receipt| {
            status.is_none_or(|status| receipt.registration.status() == status)
                && refund.is_none_or(|id| receipt.of.refund_id.as_deref() == Some(id))
        },
        wire::receipt,
    ))
}

/// `GET /payouts`: 400 for a filter that is none.
pub fn payouts(state: &SandboxState, call: &Call) -> Result<Value, Refusal> {
    let query = Query::of(call, &["status"])?;
    let status = query.one_of("status", &STATUSES)?;
    let wanted = query.list_query(state, YEARS_BACK)?;
    Ok(page(
        &state.payouts,
        &wanted,
        |payout| status.is_none_or(|status| payout.stage.status() == status),
        wire::payout,
    ))
}

/// `GET /payouts/search`: by one pair of metadata, three months back; 400 for a filter that is none.
pub fn payouts_by_metadata(state: &SandboxState, call: &Call) -> Result<Value, Refusal> {
    let query = Query::of(call, &["metadata["])?;
    let pair = query.pairs.iter().find_map(|(name, value)| {
        let key = name.strip_prefix("metadata[")?.strip_suffix(']')?;
        Some((key, value))
    });
    let wanted = query.list_query(state, SEARCH_BACK)?;
    Ok(page(
        &state.payouts,
        &wanted,
        |payout| pair.is_none_or(|(key, value)| payout.metadata.get(key) == Some(&Some(value.clone()))),
        wire::payout,
    ))
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

/// What every list call understands.
const USUAL_FILTERS: [&str; 4] = ["created_at.gte", "created_at.lt", "limit", "cursor"];

/// The query of a list call.
struct Query<'a> {
    pairs: &'a [(String, String)],
}

impl<'a> Query<'a> {
    /// Reads it; names ending in a bracket stand for a family.
    fn of(call: &'a Call, known: &[&str]) -> Result<Self, Refusal> {
        for (name, _) in &call.query {
            let is_known = known
                .iter()
                .chain(&USUAL_FILTERS)
                .any(|own| name == own || own.ends_with('[') && name.starts_with(own));
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

    fn moment(&self, name: &str) -> Result<Option<Timestamp>, Refusal> {
        self.text(name)
            .map(|text| {
                text.parse::<Timestamp>()
                    .map_err(|_| Refusal::field(name, "Must be an ISO 8601 moment"))
            })
            .transpose()
    }

    fn list_query(&self, state: &SandboxState, back: SignedDuration) -> Result<ListQuery, Refusal> {
        let limit = match self.text("limit") {
            None => LIMIT_USUAL,
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=LIMIT_MAX).contains(limit))
                .ok_or_else(|| Refusal::field("limit", "Must be from 1 to 100"))?,
        };
        let horizon = state.clock.now().checked_sub(back).unwrap_or(Timestamp::MIN);
        Ok(ListQuery {
            from: self.moment("created_at.gte")?.unwrap_or(horizon),
            until: self.moment("created_at.lt")?,
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
