//! Facts of payments → rows of what providers carry.

use domain::any_event::AnyEvent;
use domain::ids::PaymentId;
use event_store::{ApplyError, PgConnection};

use crate::Model;
use crate::facts::{self, Decoded, Input};
use crate::projector::Projector;
use crate::provider_payments::fold::new_row;
use crate::provider_payments::rows;
use crate::rows::known_before;

/// Keeps `provider_payments` and its table of refunds.
pub(crate) struct ProviderPayments;

impl Projector for ProviderPayments {
    const MODEL: Model = Model::ProviderPayments;
    const INPUTS: &'static [Input] = &[Input::Payment];

    async fn project(
        tx: &mut PgConnection,
        generation: i32,
        events: &[Decoded<'_>],
    ) -> Result<(), ApplyError> {
        let mut of_payments = Vec::with_capacity(events.len());
        for (fact, event) in events {
            if let AnyEvent::Payment(event) = event.as_ref() {
                of_payments.push((facts::stream::<PaymentId>(fact)?, *fact, event));
            }
        }
        let keys = of_payments
            .iter()
            .map(|(payment_id, _, event)| (*payment_id, new_row(event, 0).is_some()));
        let mut state = rows::load(tx, generation, &known_before(keys)).await?;
        for (payment_id, fact, event) in of_payments {
            state.take(fact, payment_id, event)?;
        }
        Ok(rows::write(tx, generation, &state).await?)
    }
}
