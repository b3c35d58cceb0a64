//! Facts of payments and payouts → what waits for an operator, and how it was settled.

use std::collections::BTreeMap;

use domain::any_event::AnyEvent;
use domain::payment::anomaly::{Anomaly, Resolution, Source};
use domain::payment::events::PaymentEvent;
use domain::payout::events::PayoutEvent;
use domain::people::Actor;
use event_store::{ApplyFault, Consumer, Fact, StartAt};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::Timestamp;
use sqlx::PgConnection;

use crate::Model;
use crate::anomalies::rows;
use crate::anomalies::view::{AnomalyRow, AnomalySubject, Settled};
use crate::facts::{self, Input};

/// What this model is made of.
const INPUTS: &[Input] = &[Input::PaymentAnomaly, Input::PayoutAnomaly];

/// Keeps `anomalies`.
pub struct Anomalies;

impl Consumer for Anomalies {
    fn name(&self) -> &'static str {
        Model::Anomalies.name()
    }

    fn schema_version(&self) -> i32 {
        Model::Anomalies.schema_version()
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

/// What is left of a fact for this model.
enum AnomalyChange {
    Recorded(Anomaly, Source, Timestamp),
    Resolved(Resolution, Actor, Timestamp),
}

async fn apply(tx: &mut PgConnection, generation: i32, facts: &[Fact]) -> Result<(), ApplyFault> {
    let mut news = Vec::new();
    for (fact, event) in facts::decode_inputs(facts, INPUTS)? {
        news.extend(
            change_of(fact, &event)?.map(|(subject, number, change)| (fact, subject, number, change)),
        );
    }
    let settled = news
        .iter()
        .filter(|(.., change)| matches!(change, AnomalyChange::Resolved(..)));
    let known: Vec<AnomalySubject> = settled.map(|(_, subject, ..)| *subject).collect();
    let loaded = rows::load(tx, generation, &known)
        .await
        .map_err(ApplyFault::Database)?;
    let mut rows: BTreeMap<_, _> = loaded
        .into_iter()
        .map(|row| ((row.subject, row.number), row))
        .collect();
    for (fact, subject, number, change) in news {
        match change {
            AnomalyChange::Recorded(anomaly, source, at) => {
                let row = begun(fact, subject, number, anomaly, source, at);
                rows.insert((subject, number), row);
            }
            AnomalyChange::Resolved(resolution, by, at) => {
                let row = rows.get_mut(&(subject, number));
                let row = row.ok_or_else(|| facts::poison(fact, "the anomaly was never recorded"))?;
                row.settled = Some(Settled {
                    resolution,
                    by: match by {
                        Actor::Person { id, .. } => Some(id),
                        Actor::Process => None,
                    },
                    at,
                });
            }
        }
    }
    rows::write(tx, generation, &rows.into_values().collect::<Vec<_>>())
        .await
        .map_err(ApplyFault::Database)
}

fn change_of(
    fact: &Fact,
    event: &AnyEvent,
) -> Result<Option<(AnomalySubject, u32, AnomalyChange)>, ApplyFault> {
    if let AnyEvent::Payment(event) = event {
        let subject = AnomalySubject::Payment(facts::stream(fact)?);
        if let PaymentEvent::AnomalyRecorded {
            number,
            anomaly,
            source,
            at,
        } = event
        {
            return Ok(Some((
                subject,
                *number,
                AnomalyChange::Recorded(anomaly.clone(), *source, *at),
            )));
        }
        if let PaymentEvent::AnomalyResolved {
            number,
            resolution,
            by,
            at,
        } = event
        {
            return Ok(Some((
                subject,
                *number,
                AnomalyChange::Resolved(*resolution, *by, *at),
            )));
        }
    } else if let AnyEvent::Payout(event) = event {
        let subject = AnomalySubject::Payout(facts::stream(fact)?);
        if let PayoutEvent::AnomalyRecorded {
            number,
            anomaly,
            source,
            at,
        } = event
        {
            return Ok(Some((
                subject,
                *number,
                AnomalyChange::Recorded(anomaly.clone(), *source, *at),
            )));
        }
        if let PayoutEvent::AnomalyResolved {
            number,
            resolution,
            by,
            at,
        } = event
        {
            return Ok(Some((
                subject,
                *number,
                AnomalyChange::Resolved(*resolution, *by, *at),
            )));
        }
    }
    Ok(None)
}

fn begun(
    fact: &Fact,
    subject: AnomalySubject,
    number: u32,
    anomaly: Anomaly,
    source: Source,
    at: Timestamp,
) -> AnomalyRow {
    AnomalyRow {
        subject,
        number,
        position: fact.position,
        kind: anomaly.kind,
        source,
        call: anomaly.call.map(|call| call.word().to_owned()),
        provider_id: anomaly.provider_id,
        seen: anomaly.seen,
        seen_at: at,
        settled: None,
    }
}
