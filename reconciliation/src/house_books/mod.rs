//! Our side as it is: read models for stretches of time, the log for single payments, use cases for what is news.

mod payouts;

use commands::context::Origin;
use commands::payments::{self, Told};
use commands::ports::{ProviderName, RefundSnapshot, Snapshot, Subject, Window};
use commands::{CommandFault, CommandMetadata, CommandServices};
use domain::ids::{IntentId, PaymentId};
use domain::payment::provider::Provider;
use futures::FutureExt as _;
use jiff::Timestamp;
use projections::provider_payments::query::{self, RefundOf};
use projections::provider_payments::view::{CarriedRow, Purpose};
use projections::{Models, QueryFault};
use uuid::Uuid;

use crate::books::{Answering, Books, BooksFault, Carried, OurRefund, Ours, Recorded, Stretch, Total};

/// Who records what a comparison finds.
const PROCESS: &str = "reconciliation";
/// A comparison belongs to no request.
const NO_TRACE: &str = "00000000000000000000000000000000";

/// Our side.
#[derive(Clone)]
pub struct HouseBooks {
    house: CommandServices,
    models: Models,
    asked: CommandMetadata,
}

impl HouseBooks {
    /// Our side, for the comparison with this id.
    pub fn new(house: CommandServices, models: Models, id: Uuid) -> Self {
        let origin = Origin {
            intent_id: IntentId::from_uuid(id),
            process: PROCESS.to_owned(),
            caused_by: 0,
            correlation_id: id.to_string(),
        };
        Self {
            house,
            models,
            asked: CommandMetadata::by_process(origin, NO_TRACE.to_owned()),
        }
    }
}

impl Books for HouseBooks {
    fn payments(
        &self,
        within: Stretch,
        after: Option<(Timestamp, PaymentId)>,
        rows: u32,
    ) -> Answering<'_, Vec<Ours>> {
        async move {
            let found = query::payments(&self.models.pool, stretch(within), after, rows).await;
            Ok(found.map_err(unread)?.into_iter().map(Ours::from).collect())
        }
        .boxed()
    }

    fn known_as(
        &self,
        provider: ProviderName,
        provider_ids: Vec<String>,
        payments: Vec<PaymentId>,
    ) -> Answering<'_, Vec<Ours>> {
        async move {
            let pool = &self.models.pool;
            let found = query::payments_known_as(pool, recorded_as(provider), &provider_ids, &payments).await;
            Ok(found.map_err(unread)?.into_iter().map(Ours::from).collect())
        }
        .boxed()
    }

    fn refunds(
        &self,
        within: Stretch,
        after: Option<(Timestamp, PaymentId, u32)>,
        rows: u32,
    ) -> Answering<'_, Vec<OurRefund>> {
        async move {
            let found = query::refunds(&self.models.pool, stretch(within), after, rows).await;
            Ok(found.map_err(unread)?.into_iter().map(OurRefund::from).collect())
        }
        .boxed()
    }

    fn refunds_of(
        &self,
        provider: ProviderName,
        payment_provider_ids: Vec<String>,
    ) -> Answering<'_, Vec<OurRefund>> {
        async move {
            let pool = &self.models.pool;
            let found = query::refunds_of_payments(pool, recorded_as(provider), &payment_provider_ids).await;
            Ok(found.map_err(unread)?.into_iter().map(OurRefund::from).collect())
        }
        .boxed()
    }

    fn totals(&self, window: Window) -> Answering<'_, Vec<Total>> {
        async move {
            let rows = query::totals(&self.models.pool, window.from, window.to).await;
            let total = |row: projections::provider_payments::view::TotalRow| Total {
                provider: named(row.provider),
                status: row.status,
                payments: row.payments,
                held: row.held,
                captured: row.captured,
                refunded: row.refunded,
                fees: row.fees,
                net: row.net,
            };
            Ok(rows.map_err(unread)?.into_iter().map(total).collect())
        }
        .boxed()
    }

    fn now(&self, payment: PaymentId) -> Answering<'_, Option<Carried>> {
        async move {
            let now = payments::payment_now(&self.house, payment).await;
            Ok(known(now)?.and_then(|payment| Carried::of(&payment)))
        }
        .boxed()
    }

    fn record(&self, subject: Subject, seen: Snapshot) -> Answering<'_, Option<Recorded>> {
        async move {
            let told = payments::record_found(&self.house, &self.asked, subject, &seen).await;
            Ok(known(told)?.and_then(recorded))
        }
        .boxed()
    }

    fn record_refund(
        &self,
        payment: PaymentId,
        number: u32,
        seen: RefundSnapshot,
    ) -> Answering<'_, Option<Recorded>> {
        async move {
            let told = payments::record_found_refund(&self.house, &self.asked, payment, number, &seen).await;
            Ok(known(told)?.and_then(recorded))
        }
        .boxed()
    }
}

fn recorded(told: Told) -> Option<Recorded> {
    Some(Recorded {
        carried: Carried::of(&told.payment)?,
        news: told.news,
    })
}

/// A refusal says that there is no such payment, or that no provider carries it: it is not one of ours then.
fn known<T>(answer: Result<T, CommandFault>) -> Result<Option<T>, BooksFault> {
    match answer {
        Ok(done) => Ok(Some(done)),
        Err(CommandFault::Refused(_)) => Ok(None),
        Err(
            fault @ (CommandFault::KeyReused
            | CommandFault::VersionMismatch
            | CommandFault::Busy
            | CommandFault::NeedsNewerCode
            | CommandFault::NoPriceList
            | CommandFault::Unavailable
            | CommandFault::Internal(_)),
        ) => Err(BooksFault(Box::new(fault))),
    }
}

fn unread(fault: QueryFault) -> BooksFault {
    BooksFault(Box::new(fault))
}

fn stretch(within: Stretch) -> query::Stretch {
    query::Stretch {
        provider: recorded_as(within.provider),
        from: within.window.from,
        to: within.window.to,
    }
}

const fn recorded_as(name: ProviderName) -> Provider {
    match name {
        ProviderName::Yookassa => Provider::Yookassa,
        ProviderName::Tbank => Provider::Tbank,
    }
}

const fn named(provider: Provider) -> ProviderName {
    match provider {
        Provider::Yookassa => ProviderName::Yookassa,
        Provider::Tbank => ProviderName::Tbank,
    }
}

impl From<CarriedRow> for Ours {
    fn from(row: CarriedRow) -> Self {
        Self {
            payment_id: row.payment_id,
            subject: match row.purpose {
                Purpose::Booking(_) => Subject::Payment(row.payment_id),
                Purpose::Deposit(transfer_id) => Subject::Deposit(transfer_id),
            },
            provider_id: row.provider_id,
            attempt: row.attempt,
            status: row.status,
            amount: row.amount,
            held: row.held,
            captured: row.captured,
            refunded: row.refunded,
            income: row.income,
            started_at: row.started_at,
        }
    }
}

impl From<RefundOf> for OurRefund {
    fn from(of: RefundOf) -> Self {
        Self {
            payment_id: of.refund.payment_id,
            number: of.refund.number,
            payment_provider_id: of.payment_provider_id,
            provider_id: of.refund.provider_id,
            stage: of.refund.stage,
            amount: of.refund.amount,
            captured: of.captured,
            requested_at: of.refund.requested_at,
        }
    }
}
