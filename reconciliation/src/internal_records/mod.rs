//! Our side as it is: read models for stretches of time, the log for single payments, use cases for what is news.

mod payouts;

use commands::context::IntentOrigin;
use commands::payments::{self, RecordedSnapshot};
use commands::ports::{ReferenceSubject, RefundSnapshot, Snapshot, Window};
use commands::processes::RECONCILIATION;
use commands::{CommandError, CommandMetadata, CommandServices};
use domain::ids::{IntentId, PaymentId};
use domain::payment::provider::Provider;
use futures::FutureExt as _;
use jiff::Timestamp;
use projections::provider_payments::query::{self, RefundOf};
use projections::provider_payments::{CarriedRow, Purpose, TotalRow};
use projections::{Models, QueryError};
use uuid::Uuid;

use crate::ledger_source::{
    Interval, LedgerFuture, LedgerSource, LedgerSourceError, OurPayment, OurRefund, PaymentRecord,
    RecordedPayment,
};

/// A comparison belongs to no request.
const NO_TRACE: &str = "00000000000000000000000000000000";

/// Our side.
#[derive(Clone)]
pub struct InternalRecords {
    services: CommandServices,
    models: Models,
    metadata: CommandMetadata,
}

impl InternalRecords {
    /// Our side, for the comparison with this id.
    pub fn new(services: CommandServices, models: Models, id: Uuid) -> Self {
        let origin = IntentOrigin {
            intent_id: IntentId::from_uuid(id),
            process: RECONCILIATION.to_owned(),
            caused_by: 0,
            correlation_id: id.to_string(),
        };
        Self {
            services,
            models,
            metadata: CommandMetadata::by_process(origin, NO_TRACE.to_owned()),
        }
    }
}

impl LedgerSource for InternalRecords {
    fn payments(
        &self,
        within: Interval,
        after: Option<(Timestamp, PaymentId)>,
        rows: u32,
    ) -> LedgerFuture<'_, Vec<OurPayment>> {
        async move {
            let (pool, within) = (&self.models.pool, interval(within));
            read(query::payments(pool, within, after, rows).await)
        }
        .boxed()
    }

    fn known_as(
        &self,
        provider: Provider,
        provider_ids: Vec<String>,
        payments: Vec<PaymentId>,
    ) -> LedgerFuture<'_, Vec<OurPayment>> {
        async move {
            let pool = &self.models.pool;
            read(query::payments_known_as(pool, provider, &provider_ids, &payments).await)
        }
        .boxed()
    }

    fn refunds(
        &self,
        within: Interval,
        after: Option<(Timestamp, PaymentId, u32)>,
        rows: u32,
    ) -> LedgerFuture<'_, Vec<OurRefund>> {
        async move {
            let (pool, within) = (&self.models.pool, interval(within));
            read(query::refunds(pool, within, after, rows).await)
        }
        .boxed()
    }

    fn refunds_of(
        &self,
        provider: Provider,
        payment_provider_ids: Vec<String>,
    ) -> LedgerFuture<'_, Vec<OurRefund>> {
        async move {
            let pool = &self.models.pool;
            read(query::refunds_of_payments(pool, provider, &payment_provider_ids).await)
        }
        .boxed()
    }

    fn totals(&self, window: Window) -> LedgerFuture<'_, Vec<TotalRow>> {
        async move { read(query::totals(&self.models.pool, window.from, window.to).await) }.boxed()
    }

    fn now(&self, payment: PaymentId) -> LedgerFuture<'_, Option<PaymentRecord>> {
        async move {
            let now = payments::payment_now(&self.services, payment).await;
            Ok(known(now)?.and_then(|payment| PaymentRecord::of(&payment)))
        }
        .boxed()
    }

    fn record(&self, subject: ReferenceSubject, seen: Snapshot) -> LedgerFuture<'_, Option<RecordedPayment>> {
        async move {
            let outcome = payments::record_reconciled(&self.services, &self.metadata, subject, &seen).await;
            Ok(known(outcome)?.and_then(recorded))
        }
        .boxed()
    }

    fn record_refund(
        &self,
        payment: PaymentId,
        number: u32,
        seen: RefundSnapshot,
    ) -> LedgerFuture<'_, Option<RecordedPayment>> {
        async move {
            let outcome =
                payments::record_reconciled_refund(&self.services, &self.metadata, payment, number, &seen)
                    .await;
            Ok(known(outcome)?.and_then(recorded))
        }
        .boxed()
    }
}

fn recorded(outcome: RecordedSnapshot) -> Option<RecordedPayment> {
    Some(RecordedPayment {
        carried: PaymentRecord::of(&outcome.payment)?,
        news: outcome.news,
    })
}

/// A refusal says that there is no such payment, or that no provider carries it: it is not one of ours then.
fn known<T>(answer: Result<T, CommandError>) -> Result<Option<T>, LedgerSourceError> {
    match answer {
        Ok(done) => Ok(Some(done)),
        Err(CommandError::Refused(_)) => Ok(None),
        Err(
            error @ (CommandError::KeyReused
            | CommandError::VersionMismatch
            | CommandError::Busy
            | CommandError::NeedsNewerCode
            | CommandError::NoPriceList
            | CommandError::Unavailable
            | CommandError::Internal(_)),
        ) => Err(LedgerSourceError(Box::new(error))),
    }
}

/// Rows of a read model as ours.
fn read<Row, Ours: From<Row>>(found: Result<Vec<Row>, QueryError>) -> Result<Vec<Ours>, LedgerSourceError> {
    let rows = found.map_err(|error| LedgerSourceError(Box::new(error)))?;
    Ok(rows.into_iter().map(Ours::from).collect())
}

fn interval(within: Interval) -> query::ProviderInterval {
    query::ProviderInterval {
        provider: within.provider,
        from: within.window.from,
        to: within.window.to,
    }
}

impl From<CarriedRow> for OurPayment {
    fn from(row: CarriedRow) -> Self {
        Self {
            payment_id: row.payment_id,
            subject: match row.purpose {
                Purpose::Booking(_) => ReferenceSubject::Payment(row.payment_id),
                Purpose::Deposit(transfer_id) => ReferenceSubject::Deposit(transfer_id),
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
