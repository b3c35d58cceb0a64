//! Facts of payments → rows of what providers carry.

use std::collections::HashSet;
use std::sync::Arc;

use domain::any_event::AnyEvent;
use domain::ids::PaymentId;
use domain::payment::events::PaymentEvent;
use event_store::{ApplyFault, Consumer, Fact, StartAt};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use sqlx::PgConnection;

use crate::Model;
use crate::facts::{self, Input};
use crate::provider_payments::fold::{ProjectionState, begun};
use crate::provider_payments::rows;

/// What this model is made of.
const INPUTS: &[Input] = &[Input::Payment];

/// Keeps `provider_payments` and its table of refunds.
pub struct ProviderPayments;

impl Consumer for ProviderPayments {
    fn name(&self) -> &'static str {
        Model::ProviderPayments.name()
    }

    fn schema_version(&self) -> i32 {
        Model::ProviderPayments.schema_version()
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
    let facts = payments_only(facts)?;
    let mut folding = ProjectionState::default();
    let (mut seen, mut known) = (HashSet::new(), Vec::new());
    for (_, payment_id, event) in &facts {
        if seen.insert(*payment_id) && begun(event, 0).is_none() {
            known.push(*payment_id);
        }
    }
    rows::load(tx, generation, &known, &mut folding)
        .await
        .map_err(ApplyFault::Database)?;
    for (fact, payment_id, event) in facts {
        folding
            .take(fact, payment_id, &event)
            .map_err(|reason| facts::poison(fact, reason))?;
    }
    rows::write(tx, generation, &folding)
        .await
        .map_err(ApplyFault::Database)
}

fn payments_only(facts: &[Fact]) -> Result<Vec<(&Fact, PaymentId, PaymentEvent)>, ApplyFault> {
    let mut found = Vec::new();
    for (fact, event) in facts::decode_inputs(facts, INPUTS)? {
        match Arc::unwrap_or_clone(event) {
            AnyEvent::Payment(event) => found.push((fact, facts::stream(fact)?, event)),
            AnyEvent::Booking(_)
            | AnyEvent::DoctorDay(_)
            | AnyEvent::Wallet(_)
            | AnyEvent::Payout(_)
            | AnyEvent::PriceList(_) => {}
        }
    }
    Ok(found)
}
