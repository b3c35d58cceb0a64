//! A statement of any account: what stood there, what moved with the balance after each line, what stands there then.
#![expect(missing_docs, reason = "pure data: most names say it all")]

use domain::ids::{BookingId, PaymentId, TransferId};
use domain::money::{Currency, Money};
use event_store::Position;
use jiff::Timestamp;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::QueryAs;
use sqlx::{FromRow, PgConnection, PgPool, Postgres, Row};
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

    /// Whether payers' money comes from there: a wallet, or a provider of theirs.
    pub fn is_a_source(self) -> bool {
        matches!(
            self.0,
            "wallet_liability" | "yookassa_card_clearing" | "yookassa_sbp_clearing" | "tbank_sbp_clearing"
        )
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

/// What stands on each account: what was summed, and the lines after that.
const TOTALS: &str = "
    with live as (
        select live_generation as generation from read_models where model = $1 and schema_version = $2
    ), summed as (
        select coalesce(max(upto_position), 0) as upto_position
        from payment_ledger_ranges where generation = (select generation from live)
    ), parts as (
        select account, currency, amount, lines, new_subjects
        from payment_ledger_sums where generation = (select generation from live)
        union all
        select l.account, l.currency, sum(l.amount), count(*),
               count(distinct l.subject_id) filter (where not exists (
                   select from payment_ledger e
                   where e.generation = (select generation from live) and e.account = l.account and e.subject_id = l.subject_id
                     and e.position <= (select upto_position from summed)))
        from payment_ledger l
        where l.generation = (select generation from live) and l.position > (select upto_position from summed)
        group by l.account, l.currency
    )
    select account, sum(amount)::bigint as amount, currency, sum(lines)::bigint as lines, sum(new_subjects)::bigint as subjects
    from parts group by account, currency";

/// What stood on an account before the statement, what it moves, and what of that lies before the page. Ranges that the statement
/// has as a whole, or not at all, count by their sums; the others, and what follows the last one, line by line.
const FRAME: &str = "
    with live as (
        select live_generation as generation from read_models where model = $1 and schema_version = $2
    ), summed as (
        select coalesce(max(upto_position), 0) as upto_position
        from payment_ledger_ranges where generation = (select generation from live)
    ), ranges as (
        select after_position, upto_position, amount, first_at, last_at,
               (first_at < $5 and last_at >= $5) or (first_at < $6 and last_at >= $6)
                   or ($7 > after_position and $7 <= upto_position) as in_part
        from payment_ledger_sums
        where generation = (select generation from live) and account = $3 and currency = $4
    ), parts as (
        select amount, last_at as at, upto_position <= $7 as turned from ranges where not in_part
        union all
        select l.amount, l.at, (l.position, l.line) <= ($7, $8)
        from (select after_position, upto_position from ranges where in_part
              union all select upto_position, 9223372036854775807 from summed) r
        cross join lateral (
            select position, line, amount, at from payment_ledger
            where generation = (select generation from live) and account = $3 and currency = $4
              and position > r.after_position and position <= r.upto_position
            offset 0) l
    )
    select coalesce(sum(amount) filter (where at < $5), 0)::bigint as before,
           coalesce(sum(amount) filter (where at >= $5 and at < $6), 0)::bigint as moved,
           coalesce(sum(amount) filter (where at >= $5 and at < $6 and turned), 0)::bigint as turned,
           coalesce((select min(after_position) from ranges where last_at >= $5), (select upto_position from summed)) as after_position,
           coalesce((select max(upto_position) from ranges where first_at < $6), 0) as upto_position,
           (select upto_position from summed) as summed_upto
    from parts";

/// The same of the account of one owner, doctor or booking, which is as long as its life.
const FRAME_OF_ONE: &str = "
    select coalesce(sum(amount) filter (where at < $5), 0)::bigint as before,
           coalesce(sum(amount) filter (where at >= $5 and at < $6), 0)::bigint as moved,
           coalesce(sum(amount) filter (where at >= $5 and at < $6 and (position, line) <= ($7, $8)), 0)::bigint as turned,
           0::bigint as after_position, 0::bigint as upto_position, 0::bigint as summed_upto
    from payment_ledger
    where generation = (select live_generation from read_models where model = $1 and schema_version = $2)
      and account = $3 and currency = $4 and subject_id = $9";

/// A page: what follows a place, to where the statement's last range ends, and what follows a place behind the summed ones.
fn lines_sql(subject: Option<Uuid>) -> String {
    let of_one = if subject.is_some() {
        "subject_id = $9"
    } else {
        "$9::uuid is null"
    };
    let lines = |places: &str| {
        format!(
            "(select position, line, kind, amount, currency, booking_id, payment_id, transfer_id, at
              from payment_ledger
              where generation = (select live_generation from read_models where model = $1 and schema_version = $2)
                and account = $3 and currency = $4 and {of_one}
                and at >= $5 and at < $6 and {places}
              order by position, line
              limit $13)"
        )
    };
    let (summed, since) = (
        lines("(position, line) > ($7, $8) and position <= $10"),
        lines("(position, line) > ($11, $12)"),
    );
    format!("{summed} union all {since} order by position, line limit $13")
}

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
    let frame = frame(&mut tx, of, after).await?;
    let lines = lines(&mut tx, of, after, &frame, limit).await?;
    tx.commit().await?;
    let currency = Currency::default();
    let mut balance = frame.before + frame.turned;
    let lines = lines
        .into_iter()
        .map(|line| {
            balance += line.amount.minor;
            let balance = Money {
                minor: balance,
                currency,
            };
            let comes_back = of.account.is_a_source() && line.amount.minor < 0;
            let kind = line.kind.at_its_source(comes_back);
            AccountLine {
                balance,
                kind,
                ..line
            }
        })
        .collect();
    let sum = |minor| Money { minor, currency };
    Ok(AccountStatement {
        opening: sum(frame.before),
        closing: sum(frame.before + frame.moved),
        lines: Page::cut(lines, limit, |line: &AccountLine| {
            let line_id = Uuid::from_u128(u128::from(line.line.unsigned_abs()));
            Cursor::new(List::Statement, line.position, line_id)
        }),
    })
}

/// What a page stands in: minor units, and which positions it can have lines of.
#[derive(FromRow)]
struct Frame {
    before: i64,
    moved: i64,
    turned: i64,
    after_position: Position,
    upto_position: Position,
    summed_upto: Position,
}

type Bound<'q, R> = QueryAs<'q, Postgres, R, PgArguments>;

/// The parameters that all questions have in common.
fn bound<R>(sql: &str, of: StatementOf, (position, line): (Position, i16)) -> Bound<'_, R>
where
    R: for<'r> FromRow<'r, PgRow>,
{
    sql_types::live_as(Model::PaymentLedger, sql)
        .bind(of.account.as_str())
        .bind(Currency::default().code())
        .bind(sql_types::time(of.from.unwrap_or(sql_types::EARLIEST)))
        .bind(sql_types::time(of.to.unwrap_or(sql_types::LATEST)))
        .bind(position)
        .bind(line)
}

async fn frame(tx: &mut PgConnection, of: StatementOf, after: (Position, i16)) -> Result<Frame, sqlx::Error> {
    match of.subject {
        Some(subject) => bound(FRAME_OF_ONE, of, after).bind(subject).fetch_one(tx).await,
        None => bound(FRAME, of, after).fetch_one(tx).await,
    }
}

async fn lines(
    tx: &mut PgConnection,
    of: StatementOf,
    after: (Position, i16),
    frame: &Frame,
    limit: Limit,
) -> Result<Vec<AccountLine>, sqlx::Error> {
    let sql = lines_sql(of.subject);
    // The later of two places, as one condition: an index is entered by the first that it is given.
    let behind = |position| after.max((position, i16::MAX));
    let (position, line) = behind(frame.summed_upto);
    bound(&sql, of, behind(frame.after_position))
        .bind(of.subject)
        .bind(frame.upto_position)
        .bind(position)
        .bind(line)
        .bind(limit.and_one_more())
        .fetch_all(tx)
        .await
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
