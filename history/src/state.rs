//! The state of a stream after each of its facts, as JSON, and what differs between two.

use cqrs_es::Aggregate;
use domain::account::Account;
use domain::any_event::AnyEvent;
use domain::booking::Booking;
use domain::payment::Payment;
use domain::payout::Payout;
use domain::price_list::PriceLists;
use domain::schedule::DoctorDay;
use domain::wallet::Wallet;
use event_store::Fact;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// What one stream has come to.
#[expect(missing_docs, reason = "pure data: the names say it all")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Booking(Box<Booking>),
    DoctorDay(DoctorDay),
    Payment(Box<Payment>),
    Wallet(Wallet),
    Payout(Payout),
    PriceList(PriceLists),
    Account(Account),
}

/// One field that two states do not share, in the words of JSON Patch (RFC 6902), with what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// `add`, `remove` or `replace`.
    pub op: &'static str,
    /// Which field: a JSON pointer (RFC 6901).
    pub path: String,
    /// What it was; absent for `add`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Value>,
    /// What it is; absent for `remove`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

impl State {
    /// A stream of this type before its first fact; none of a type that is not known here.
    pub fn initial(aggregate_type: &str) -> Option<Self> {
        match aggregate_type {
            Booking::TYPE => Some(Self::Booking(Box::default())),
            DoctorDay::TYPE => Some(Self::DoctorDay(DoctorDay::default())),
            Payment::TYPE => Some(Self::Payment(Box::default())),
            Wallet::TYPE => Some(Self::Wallet(Wallet::default())),
            Payout::TYPE => Some(Self::Payout(Payout::default())),
            PriceLists::TYPE => Some(Self::PriceList(PriceLists::default())),
            Account::TYPE => Some(Self::Account(Account::default())),
            _ => None,
        }
    }

    /// What these facts of one stream, from its first on, come to; none where one cannot be read.
    pub fn after(facts: &[Fact]) -> Option<Self> {
        let mut state = Self::initial(&facts.first()?.aggregate_type)?;
        for fact in facts {
            state.apply(fact)?;
        }
        Some(state)
    }

    /// The state once this fact of its stream stands in the log; none where the fact cannot be read.
    pub fn apply(&mut self, fact: &Fact) -> Option<()> {
        let (aggregate, event, version) = (&fact.aggregate_type, &fact.event_type, &fact.event_version);
        for event in AnyEvent::read(aggregate, event, version, fact.payload.get()).ok()? {
            self.evolve((*event).clone())?;
        }
        Some(())
    }

    fn evolve(&mut self, event: AnyEvent) -> Option<()> {
        match (self, event) {
            (Self::Booking(state), AnyEvent::Booking(event)) => state.apply(event),
            (Self::DoctorDay(state), AnyEvent::DoctorDay(event)) => state.apply(event),
            (Self::Payment(state), AnyEvent::Payment(event)) => state.apply(event),
            (Self::Wallet(state), AnyEvent::Wallet(event)) => state.apply(event),
            (Self::Payout(state), AnyEvent::Payout(event)) => state.apply(event),
            (Self::PriceList(state), AnyEvent::PriceList(event)) => state.apply(event),
            (Self::Account(state), AnyEvent::Account(event)) => state.apply(event),
            (
                Self::Booking(_)
                | Self::DoctorDay(_)
                | Self::Payment(_)
                | Self::Wallet(_)
                | Self::Payout(_)
                | Self::PriceList(_)
                | Self::Account(_),
                _,
            ) => return None,
        }
        Some(())
    }

    /// As one flat object: how far it has come as `state`, beside the fields it has there.
    pub fn json(&self) -> Value {
        let value = match self {
            Self::Booking(state) => serde_json::to_value(state),
            Self::DoctorDay(state) => serde_json::to_value(state),
            Self::Payment(state) => serde_json::to_value(state),
            Self::Wallet(state) => serde_json::to_value(state),
            Self::Payout(state) => serde_json::to_value(state),
            Self::PriceList(state) => serde_json::to_value(state),
            Self::Account(state) => serde_json::to_value(state),
        };
        flat(value.unwrap_or_default())
    }
}

/// A state that is an enum is stored as `{"Secured": {…}}`, one without fields as `"Absent"`.
fn flat(value: Value) -> Value {
    match value {
        Value::String(variant) => json!({"state": snake(&variant)}),
        Value::Object(members) if is_variant(&members) => {
            let mut flat = Map::new();
            for (variant, fields) in members {
                flat.insert("state".to_owned(), Value::String(snake(&variant)));
                merge(&mut flat, fields);
            }
            Value::Object(flat)
        }
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            other
        }
    }
}

fn is_variant(members: &Map<String, Value>) -> bool {
    members.len() == 1
        && members
            .keys()
            .all(|name| name.starts_with(|first: char| first.is_ascii_uppercase()))
}

fn merge(into: &mut Map<String, Value>, fields: Value) {
    match fields {
        Value::Object(fields) => into.extend(fields),
        Value::Array(parts) => parts.into_iter().for_each(|part| merge(into, part)),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
            into.insert("value".to_owned(), other);
        }
    }
}

fn snake(variant: &str) -> String {
    let mut word = String::with_capacity(variant.len() + 2);
    for (at, letter) in variant.char_indices() {
        if letter.is_ascii_uppercase() && at > 0 {
            word.push('_');
        }
        word.push(letter.to_ascii_lowercase());
    }
    word
}

/// The fields in which two states differ, in the order of their names. Lists are compared whole.
pub fn changes(before: &Value, after: &Value) -> Vec<Change> {
    let mut found = Vec::new();
    compare(before, after, String::new(), &mut found);
    found
}

fn compare(before: &Value, after: &Value, path: String, found: &mut Vec<Change>) {
    if let (Value::Object(old), Value::Object(new)) = (before, after) {
        let names: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for name in names {
            let path = format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
            match (old.get(name), new.get(name)) {
                (Some(old), Some(new)) => compare(old, new, path, found),
                (old, new) => found.push(Change {
                    op: if old.is_some() { "remove" } else { "add" },
                    path,
                    from: old.cloned(),
                    value: new.cloned(),
                }),
            }
        }
    } else if before != after {
        found.push(Change {
            op: "replace",
            path,
            from: Some(before.clone()),
            value: Some(after.clone()),
        });
    }
}
