//! The questions about money: payments, statements and entries.

use domain::ids::{AccountId, BookingId, PatientId, PaymentId};
use sqlx::PgPool;
use uuid::Uuid;

use crate::page::{Cursor, CursorRefusal, Limit, List, NEWEST_FIRST, OLDEST_FIRST, Page};
use crate::payment_ledger::{Account, Entry, PaymentFilter, PaymentRow, PaymentSort, StatementLine};
use crate::{Model, QueryError, sql_types};

const ONE_PAYMENT: &str = "
    select payment_id, booking_id, patient_id, method, provider, amount, currency, status, checking, held, captured, refunded, refunds,
           failure, started_at, authorised_at, captured_at, ended_at, refunded_at, version
    from payment_ledger__payments
    where generation = (select live_generation from read_models where model = $1 and schema_version = $2)
      and payment_id = $3 and ($4::uuid is null or patient_id = $4)";

/// Whose payments, and of which booking, stand as conditions of their own: each has its index.
fn payments_sql(filter: &PaymentFilter) -> String {
    let of_patient = if filter.patient.is_some() {
        "patient_id = $5"
    } else {
        "$5::uuid is null"
    };
    let (behind, direction) = match filter.sort {
        PaymentSort::Oldest => (">", "asc"),
        PaymentSort::Newest => ("<", "desc"),
    };
    let of_booking = if filter.booking.is_some() {
        "booking_id = $6"
    } else {
        "$6::uuid is null"
    };
    format!(
        "select payment_id, booking_id, patient_id, method, provider, amount, currency, status, checking, held, captured,
                refunded, refunds, failure, started_at, authorised_at, captured_at, ended_at, refunded_at, version
         from payment_ledger__payments
         where generation = (select live_generation from read_models where model = $1 and schema_version = $2)
           and (started_at, payment_id) {behind} ($3, $4) and {of_patient} and {of_booking}
           and (cardinality($7::text[]) = 0
                or case when status = 'completed' and captured < amount then 'partially_refunded' else status end = any($7))
         order by started_at {direction}, payment_id {direction}
         limit $8"
    )
}

/// What of money that was set aside is kept, where the rest becomes free, stands beside it on the account it came to.
const STATEMENT: &str = "
    select l.position, l.line, l.kind, -l.amount as freed, l.currency, l.booking_id, l.payment_id, l.transfer_id, l.at,
           case when l.kind = 'captured' then
               (select (-sum(kept.amount))::bigint from payment_ledger kept
                where kept.generation = l.generation and kept.position = l.position and kept.account = 'clinic_revenue')
           end as fee
    from payment_ledger l
    where l.generation = (select live_generation from read_models where model = $1 and schema_version = $2)
      and l.account = $3 and l.subject_id = $4
      and (l.position, l.line) < ($5, $6)
    order by l.position desc, l.line desc
    limit $7";

const ENTRIES: &str = "
    select position, line, account, subject_id, kind, amount, currency, booking_id, payment_id, transfer_id, at
    from payment_ledger
    where generation = (select live_generation from read_models where model = $1 and schema_version = $2)
      and (position, line) < ($3, $4)
      and ($5::uuid is null or booking_id = $5)
    order by position desc, line desc
    limit $6";

/// A patient's own payment.
pub async fn payment_for_patient(
    pool: &PgPool,
    patient: PatientId,
    payment: PaymentId,
) -> Result<Option<PaymentRow>, QueryError> {
    one_payment(pool, payment, Some(patient.uuid())).await
}

/// Any payment; for admins.
pub async fn payment_for_staff(pool: &PgPool, payment: PaymentId) -> Result<Option<PaymentRow>, QueryError> {
    one_payment(pool, payment, None).await
}

/// A page of a patient's payments.
pub async fn payments_for_patient(
    pool: &PgPool,
    patient: PatientId,
    filter: PaymentFilter,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Page<PaymentRow>, QueryError> {
    if filter.patient.is_some_and(|named| named != patient) {
        return Ok(Page::empty());
    }
    let filter = PaymentFilter {
        patient: Some(patient),
        ..filter
    };
    payments(pool, &filter, cursor, limit).await
}

/// A page of all payments; for admins.
pub async fn payments_for_staff(
    pool: &PgPool,
    filter: PaymentFilter,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Page<PaymentRow>, QueryError> {
    payments(pool, &filter, cursor, limit).await
}

/// A page of a patient's statement, newest first. All its lines together sum to what is free to spend.
pub async fn statement(
    pool: &PgPool,
    owner: AccountId,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Page<StatementLine>, QueryError> {
    statement_of(pool, Account::WalletLiability(owner), cursor, limit).await
}

/// A page of a doctor's statement, newest first: what visits earned and what was paid out. All its lines together sum to what is
/// owed.
pub async fn earnings(
    pool: &PgPool,
    doctor: AccountId,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Page<StatementLine>, QueryError> {
    statement_of(pool, Account::DoctorPayable(doctor), cursor, limit).await
}

async fn statement_of(
    pool: &PgPool,
    account: Account,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Page<StatementLine>, QueryError> {
    let (position, line) = entry_place(cursor)?;
    let query = sql_types::live_as(Model::PaymentLedger, STATEMENT)
        .bind(account.name())
        .bind(account.subject())
        .bind(position)
        .bind(line);
    let place = |entry: &StatementLine| entry_cursor(entry.position, entry.line);
    Page::fetch(pool, query, limit, place).await
}

/// A page of the ledger's entries, all or of one booking, newest first; for admins.
pub async fn entries(
    pool: &PgPool,
    booking: Option<BookingId>,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Entry>, QueryError> {
    let (position, line) = entry_place(cursor)?;
    let query = sql_types::live_as(Model::PaymentLedger, ENTRIES)
        .bind(position)
        .bind(line)
        .bind(booking.map(BookingId::uuid));
    let place = |entry: &Entry| entry_cursor(entry.position, entry.line);
    Page::fetch(pool, query, limit, place).await
}

async fn one_payment(
    pool: &PgPool,
    payment: PaymentId,
    patient: Option<Uuid>,
) -> Result<Option<PaymentRow>, QueryError> {
    Ok(sql_types::live_as(Model::PaymentLedger, ONE_PAYMENT)
        .bind(payment.uuid())
        .bind(patient)
        .fetch_optional(pool)
        .await?)
}

async fn payments(
    pool: &PgPool,
    filter: &PaymentFilter,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Page<PaymentRow>, QueryError> {
    let (list, start) = match filter.sort {
        PaymentSort::Oldest => (List::PaymentsOldest, OLDEST_FIRST),
        PaymentSort::Newest => (List::Payments, NEWEST_FIRST),
    };
    let (place, id) = Cursor::time_place(cursor, list, start)?;
    let sql = payments_sql(filter);
    let statuses: Vec<&str> = filter.statuses.iter().map(|status| status.as_str()).collect();
    let query = sql_types::live_as(Model::PaymentLedger, &sql)
        .bind(place)
        .bind(id)
        .bind(filter.patient.map(PatientId::uuid))
        .bind(filter.booking.map(BookingId::uuid))
        .bind(statuses);
    let place = |row: &PaymentRow| Cursor::at(list, row.started_at, row.payment_id.uuid());
    Page::fetch(pool, query, limit, place).await
}

/// An entry has no id of its own: its line stands where other lists' cursors hold one.
fn entry_cursor(position: i64, line: i16) -> Cursor {
    let id = Uuid::from_u128(u128::from(line.unsigned_abs()));
    Cursor::new(List::Entries, position, id)
}

fn entry_place(cursor: Option<Cursor>) -> Result<(i64, i16), CursorRefusal> {
    match cursor {
        Some(cursor) => {
            let (position, line) = cursor.place(List::Entries)?;
            let line = i16::try_from(line.as_u128()).map_err(|_| CursorRefusal)?;
            Ok((position, line))
        }
        None => Ok((i64::MAX, i16::MAX)),
    }
}
