//! A statement of any account: what stood there, what moved with the balance after each line, what stands there then.
#![expect(missing_docs, reason = "pure data: most names say it all")]

use domain::ids::{BookingId, PaymentId, TransferId};
use domain::money::{Currency, Money};
use event_store::Position;
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, PgPool, Row};
use uuid::Uuid;

use crate::page::{Cursor, CursorRefusal, Limit, List, Page};
use crate::payment_ledger::{Account, EntryKind};
use crate::{Model, QueryError, sql_types};

/// An account by its stable word, whoever's it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AccountName(&'static str);

impl AccountName {
    /// The account named by `word`.
    pub fn parse(word: &str) -> Option<Self> {
        Self::all().find(|name| name.0 == word)
    }

    /// Every account, in the order of the chart.
    pub fn all() -> impl Iterator<Item = Self> {
        Account::NAMES.into_iter().map(|(name, _)| Self(name))
    }

    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// Whether there is one for each owner, doctor or booking.
    pub fn has_subjects(self) -> bool {
        Account::NAMES
            .into_iter()
            .any(|(name, subjects)| name == self.0 && subjects)
    }
}

/// What stands on one account, all its subjects together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountTotal {
    pub account: AccountName,
    /// Debits less credits.
    pub sum: Money,
    pub lines: i64,
    /// How many owners, doctors or bookings have one; none for the platform's own accounts.
    pub subjects: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatementOf {
    pub account: AccountName,
    /// Whose; of all together when absent.
    pub subject: Option<Uuid>,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

/// A statement, or a page of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountStatement {
    /// What stood there before the first line of the statement.
    pub opening: Money,
    /// What stands there after its last line.
    pub closing: Money,
    pub lines: Page<AccountLine>,
}

/// One line of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountLine {
    /// The fact that moved the money.
    pub position: Position,
    pub line: i16,
    pub kind: EntryKind,
    /// How much: debit positive, credit negative.
    pub amount: Money,
    pub balance: Money,
    pub booking_id: Option<BookingId>,
    pub payment_id: Option<PaymentId>,
    /// By which deposit, withdrawal or payout.
    pub transfer_id: Option<TransferId>,
    pub at: Timestamp,
}

const TOTALS: &str = "
    select account, sum(amount)::bigint as amount, currency, count(*) as lines, count(distinct subject_id) as subjects
    from payment_ledger
    where generation = (select live_generation from read_models where model = $1 and schema_version = $2)
    group by account, currency";

/// What stood before the statement, what it moves, and what of that lies before the page.
const FRAME: &str = "
    select coalesce(sum(amount) filter (where at < $6), 0)::bigint as before,
           coalesce(sum(amount) filter (where at >= $6 and at < $7), 0)::bigint as moved,
           coalesce(sum(amount) filter (where at >= $6 and at < $7 and (position, line) <= ($8, $9)), 0)::bigint as turned
    from payment_ledger
    where generation = (select live_generation from read_models where model = $1 and schema_version = $2)
      and account = $3 and ($4::uuid is null or subject_id = $4) and currency = $5";

const LINES: &str = "
    select position, line, kind, amount, currency, booking_id, payment_id, transfer_id, at
    from payment_ledger
    where generation = (select live_generation from read_models where model = $1 and schema_version = $2)
      and account = $3 and ($4::uuid is null or subject_id = $4) and currency = $5
      and at >= $6 and at < $7 and (position, line) > ($8, $9)
    order by position, line
    limit $10";

/// Both questions see the same rows.
const ONE_MOMENT: &str = "set transaction isolation level repeatable read, read only";

/// What stands on each account: one line per account, also for those never used.
pub async fn totals(pool: &PgPool) -> Result<Vec<AccountTotal>, QueryError> {
    let rows = sql_types::live(Model::PaymentLedger, TOTALS)
        .fetch_all(pool)
        .await?;
    let mut found = rows
        .iter()
        .map(total)
        .collect::<Result<Vec<_>, sqlx::Error>>()
        .map_err(QueryError::Database)?;
    for account in AccountName::all() {
        if found.iter().all(|total| total.account != account) {
            found.push(AccountTotal {
                account,
                sum: Money::ZERO,
                lines: 0,
                subjects: account.has_subjects().then_some(0),
            });
        }
    }
    let place = |total: &AccountTotal| AccountName::all().position(|name| name == total.account);
    found.sort_by_key(place);
    Ok(found)
}

/// A page of a statement, oldest line first, with what stood and stands there in all of it.
pub async fn account_statement(
    pool: &PgPool,
    of: StatementOf,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<AccountStatement, QueryError> {
    let after = place(cursor)?;
    let mut tx = pool.begin().await?;
    sqlx::query(ONE_MOMENT).execute(&mut *tx).await?;
    let (before, moved, turned) = frame(&mut tx, of, after).await?;
    let lines = lines(&mut tx, of, after, limit).await?;
    tx.commit().await?;
    let currency = Currency::default();
    let mut balance = before + turned;
    let lines = lines
        .into_iter()
        .map(|line| {
            balance += line.amount.minor;
            let balance = Money {
                minor: balance,
                currency,
            };
            AccountLine { balance, ..line }
        })
        .collect();
    let sum = |minor| Money { minor, currency };
    Ok(AccountStatement {
        opening: sum(before),
        closing: sum(before + moved),
        lines: Page::cut(lines, limit, |line: &AccountLine| {
            let line_id = Uuid::from_u128(u128::from(line.line.unsigned_abs()));
            Cursor::new(List::Statement, line.position, line_id)
        }),
    })
}

type Bound<'q> = sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments>;

/// The parameters that both questions have in common.
fn bound(sql: &str, of: StatementOf, (position, line): (Position, i16)) -> Bound<'_> {
    sql_types::live(Model::PaymentLedger, sql)
        .bind(of.account.as_str())
        .bind(of.subject)
        .bind(Currency::default().code())
        .bind(sql_types::time(of.from.unwrap_or(sql_types::EARLIEST)))
        .bind(sql_types::time(of.to.unwrap_or(sql_types::LATEST)))
        .bind(position)
        .bind(line)
}

async fn frame(
    tx: &mut PgConnection,
    of: StatementOf,
    after: (Position, i16),
) -> Result<(i64, i64, i64), sqlx::Error> {
    let row = bound(FRAME, of, after).fetch_one(tx).await?;
    Ok((
        row.try_get("before")?,
        row.try_get("moved")?,
        row.try_get("turned")?,
    ))
}

async fn lines(
    tx: &mut PgConnection,
    of: StatementOf,
    after: (Position, i16),
    limit: Limit,
) -> Result<Vec<AccountLine>, sqlx::Error> {
    let rows = bound(LINES, of, after)
        .bind(limit.and_one_more())
        .fetch_all(tx)
        .await?;
    rows.iter().map(AccountLine::from_row).collect()
}

fn place(cursor: Option<Cursor>) -> Result<(Position, i16), CursorRefusal> {
    match cursor {
        Some(cursor) => {
            let (position, line) = cursor.place(List::Statement)?;
            let line = i16::try_from(line.as_u128()).map_err(|_| CursorRefusal)?;
            Ok((position, line))
        }
        None => Ok((0, 0)),
    }
}

fn total(row: &PgRow) -> Result<AccountTotal, sqlx::Error> {
    let account = sql_types::get_word(row, "account", AccountName::parse)?;
    Ok(AccountTotal {
        account,
        sum: sql_types::get_money(row, "amount", sql_types::get_currency(row)?)?,
        lines: row.try_get("lines")?,
        subjects: if account.has_subjects() {
            Some(row.try_get("subjects")?)
        } else {
            None
        },
    })
}

impl FromRow<'_, PgRow> for AccountLine {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let amount = sql_types::get_money(row, "amount", sql_types::get_currency(row)?)?;
        Ok(Self {
            position: row.try_get("position")?,
            line: row.try_get("line")?,
            kind: sql_types::get_word(row, "kind", EntryKind::parse)?,
            amount,
            balance: amount, // Counted on from line to line by whoever asked.
            booking_id: sql_types::get_maybe_id(row, "booking_id")?,
            payment_id: sql_types::get_maybe_id(row, "payment_id")?,
            transfer_id: sql_types::get_maybe_id(row, "transfer_id")?,
            at: sql_types::get_time(row, "at")?,
        })
    }
}
