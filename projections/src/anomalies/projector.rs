//! Facts of payments and payouts → what waits for an operator, and how it was settled.
#![expect(clippy::wildcard_enum_match_arm, reason = "see tests/golden/consumers.txt")]

use std::collections::BTreeMap;

use domain::any_event::AnyEvent;
use domain::payment::anomaly::{Anomaly, Resolution, Source};
use domain::payment::events::PaymentEvent;
use domain::payout::events::PayoutEvent;
use domain::people::Actor;
use event_store::{ApplyError, Fact, PgConnection};
use jiff::Timestamp;

use crate::anomalies::{AnomalyRow, AnomalySubject, Settled, rows};
use crate::facts::{self, Decoded, Input};
use crate::projector::Projector;
use crate::{Model, sql_types};

pub(crate) struct Anomalies;

impl Projector for Anomalies {
    const MODEL: Model = Model::Anomalies;
    const INPUTS: &'static [Input] = &[Input::PaymentAnomaly, Input::PayoutAnomaly];

    async fn project(
        tx: &mut PgConnection,
        generation: i32,
        events: &[Decoded<'_>],
    ) -> Result<(), ApplyError> {
        let mut news = Vec::new();
        for (fact, event) in events {
            news.extend(news_of(fact, event)?.map(|(subject, news)| (*fact, subject, news)));
        }
        let settled = news
            .iter()
            .filter(|(.., (_, change))| matches!(change, AnomalyChange::Resolved(..)));
        let known = settled.map(|(_, subject, _)| subject.uuid()).collect();
        let loaded: Vec<AnomalyRow> = sql_types::load(tx, rows::LOAD, generation, known).await?;
        let loaded = loaded.into_iter().map(|row| ((row.subject, row.number), row));
        let mut rows: BTreeMap<_, _> = loaded.collect();
        for (fact, subject, (number, change)) in news {
            match change {
                AnomalyChange::Recorded(anomaly, source, at) => {
                    let row = opened_anomaly(fact, subject, number, anomaly, source, at);
                    rows.insert((subject, number), row);
                }
                AnomalyChange::Resolved(resolution, by, at) => {
                    let row = rows.get_mut(&(subject, number));
                    let row = row.ok_or_else(|| facts::poison(fact, "the anomaly was never recorded"))?;
                    let by = match by {
                        Actor::Person { id, .. } => Some(id),
                        Actor::Process => None,
                    };
                    row.settled = Some(Settled { resolution, by, at });
                }
            }
        }
        Ok(rows::write(tx, generation, &rows.into_values().collect::<Vec<_>>()).await?)
    }
}

/// What is left of a fact for this model.
enum AnomalyChange {
    Recorded(Anomaly, Source, Timestamp),
    Resolved(Resolution, Actor, Timestamp),
}

/// An anomaly's number and what became of it.
type News = (u32, AnomalyChange);

fn news_of(fact: &Fact, event: &AnyEvent) -> Result<Option<(AnomalySubject, News)>, ApplyError> {
    let (subject, news) = match event {
        AnyEvent::Payment(event) => (AnomalySubject::Payment(facts::stream(fact)?), of_payment(event)),
        AnyEvent::Payout(event) => (AnomalySubject::Payout(facts::stream(fact)?), of_payout(event)),
        _ => return Ok(None),
    };
    Ok(news.map(|news| (subject, news)))
}

fn of_payment(event: &PaymentEvent) -> Option<News> {
    match event {
        PaymentEvent::AnomalyRecorded {
            number,
            anomaly,
            source,
            at,
        } => Some((*number, AnomalyChange::Recorded(anomaly.clone(), *source, *at))),
        PaymentEvent::AnomalyResolved {
            number,
            resolution,
            by,
            at,
        } => Some((*number, AnomalyChange::Resolved(*resolution, *by, *at))),
        _ => None,
    }
}

fn of_payout(event: &PayoutEvent) -> Option<News> {
    match event {
        PayoutEvent::AnomalyRecorded {
            number,
            anomaly,
            source,
            at,
        } => Some((*number, AnomalyChange::Recorded(anomaly.clone(), *source, *at))),
        PayoutEvent::AnomalyResolved {
            number,
            resolution,
            by,
            at,
        } => Some((*number, AnomalyChange::Resolved(*resolution, *by, *at))),
        _ => None,
    }
}

fn opened_anomaly(
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
