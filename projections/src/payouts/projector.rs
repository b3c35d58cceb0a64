//! Facts of payouts → payouts as they stand.
#![expect(clippy::wildcard_enum_match_arm, reason = "see tests/golden/consumers.txt")]

use domain::any_event::AnyEvent;
use domain::ids::PayoutId;
use domain::payout::events::PayoutEvent;
use domain::payout::status::PayoutStatus;
use event_store::{ApplyError, PgConnection};

use crate::facts::{self, Decoded, Input};
use crate::payouts::{PayoutRow, rows};
use crate::projector::Projector;
use crate::rows::{RowStart, Rows, known_before};
use crate::{Model, sql_types};

const BEGINS: RowStart = RowStart("payout", "asked for");

pub(crate) struct Payouts;

impl Projector for Payouts {
    const MODEL: Model = Model::Payouts;
    const INPUTS: &'static [Input] = &[Input::Payout];

    async fn project(
        tx: &mut PgConnection,
        generation: i32,
        events: &[Decoded<'_>],
    ) -> Result<(), ApplyError> {
        let mut of_payouts = Vec::with_capacity(events.len());
        for (fact, event) in events {
            if let AnyEvent::Payout(event) = event.as_ref() {
                of_payouts.push((facts::stream::<PayoutId>(fact)?, *fact, event));
            }
        }
        // A payout that was asked for before is looked for too: it must not begin again.
        let known = known_before(of_payouts.iter().map(|(payout_id, ..)| (*payout_id, false)));
        let known = known.into_iter().map(PayoutId::uuid).collect();
        let loaded = sql_types::load(tx, rows::LOAD, generation, known).await?;
        let mut rows = Rows::loaded(loaded, |row: &PayoutRow| row.payout_id);
        for (payout_id, fact, event) in of_payouts {
            let begun = begin(event, fact.sequence);
            if let Some(row) = rows.follow(fact, payout_id, begun, BEGINS)? {
                row.apply(event, fact.sequence);
            }
        }
        Ok(rows::write(tx, generation, &rows.into_all()).await?)
    }
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
            _ => {}
        }
    }
}
