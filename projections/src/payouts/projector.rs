//! Facts of payouts → payouts as they stand.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use domain::any_event::AnyEvent;
use domain::ids::PayoutId;
use domain::payout::events::PayoutEvent;
use domain::payout::status::PayoutStatus;
use event_store::{ApplyFault, Consumer, Fact, StartAt};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use sqlx::PgConnection;

use crate::Model;
use crate::facts::{self, Input};
use crate::payouts::rows;
use crate::payouts::view::PayoutRow;

/// What this model is made of.
const INPUTS: &[Input] = &[Input::Payout];

/// Keeps `payouts`.
pub struct Payouts;

impl Consumer for Payouts {
    fn name(&self) -> &'static str {
        Model::Payouts.name()
    }

    fn schema_version(&self) -> i32 {
        Model::Payouts.schema_version()
    }

    fn start(&self) -> StartAt {
        StartAt::Beginning
    }

    fn wants(&self, fact: &Fact) -> bool {
        facts::is(fact, INPUTS)
    }

    fn apply<'a>(
        &'a self,
        tx: &'a mut PgConnection,
        generation: i32,
        facts: &'a [Fact],
    ) -> BoxFuture<'a, Result<(), ApplyFault>> {
        apply(tx, generation, facts).boxed()
    }
}

async fn apply(tx: &mut PgConnection, generation: i32, facts: &[Fact]) -> Result<(), ApplyFault> {
    let facts = facts::decode_inputs(facts, INPUTS)?;
    let mut seen = HashSet::new();
    let mut known = Vec::new();
    for (fact, _) in &facts {
        let payout_id: PayoutId = facts::stream(fact)?;
        if seen.insert(payout_id) {
            known.push(payout_id);
        }
    }
    let loaded = rows::load(tx, generation, &known)
        .await
        .map_err(ApplyFault::Database)?;
    let folded = fold(&facts, loaded)?;
    rows::write(tx, generation, &folded)
        .await
        .map_err(ApplyFault::Database)
}

fn fold(facts: &[(&Fact, Arc<AnyEvent>)], loaded: Vec<PayoutRow>) -> Result<Vec<PayoutRow>, ApplyFault> {
    let mut rows: HashMap<PayoutId, PayoutRow> = loaded.into_iter().map(|row| (row.payout_id, row)).collect();
    for (fact, event) in facts {
        let AnyEvent::Payout(event) = event.as_ref() else {
            continue;
        };
        let payout_id = facts::stream(fact)?;
        match (rows.get_mut(&payout_id), begin(event, fact.sequence)) {
            (Some(_), Some(_)) => return Err(facts::poison(fact, "the payout was asked for before")),
            (None, None) => return Err(facts::poison(fact, "the payout was never asked for")),
            (None, Some(row)) => drop(rows.insert(payout_id, row)),
            (Some(row), None) => row.apply(event, fact.sequence),
        }
    }
    Ok(rows.into_values().collect())
}

fn begin(fact: &PayoutEvent, version: i64) -> Option<PayoutRow> {
    let PayoutEvent::Requested {
        payout_id,
        owner_id,
        purpose,
        amount,
        at,
        ..
    } = fact
    else {
        return None;
    };
    Some(PayoutRow {
        payout_id: *payout_id,
        owner_id: *owner_id,
        purpose: *purpose,
        amount: *amount,
        status: PayoutStatus::Pending,
        checking: false,
        provider_id: None,
        code: None,
        requested_at: *at,
        ended_at: None,
        version,
    })
}

impl PayoutRow {
    fn apply(&mut self, fact: &PayoutEvent, version: i64) {
        self.version = version;
        match fact {
            PayoutEvent::Requested { .. }
            | PayoutEvent::CallIntended { .. }
            | PayoutEvent::AnomalyRecorded { .. }
            | PayoutEvent::AnomalyResolved { .. }
            | PayoutEvent::ReactionRefused { .. }
            | PayoutEvent::ReactionGivenUp { .. } => {}
            PayoutEvent::OutcomeUnknown { .. } => self.checking = true,
            PayoutEvent::CallRefused { .. } => self.checking = false,
            PayoutEvent::Pending { provider_id, .. } => {
                self.checking = false;
                self.provider_id = Some(provider_id.clone());
            }
            PayoutEvent::Paid { at, .. } => {
                self.checking = false;
                self.status = PayoutStatus::Paid;
                self.ended_at = Some(*at);
            }
            PayoutEvent::Cancelled { code, at, .. } => {
                self.checking = false;
                self.status = PayoutStatus::Cancelled;
                self.code = Some(code.clone());
                self.ended_at = Some(*at);
            }
        }
    }
}
