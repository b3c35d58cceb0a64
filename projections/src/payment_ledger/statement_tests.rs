//! Statements of random worlds: every line counted on, nothing lost between pages, all accounts together nothing.

use std::collections::BTreeMap;

use event_store::Fact;
use jiff::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

use crate::Model;
use crate::kit::bookings::{Bookings, steps};
use crate::kit::test_log::TestLog;
use crate::kit::{Database, property};
use crate::page::{Cursor, List};
use crate::payment_ledger::ranges::sum_ranges;
use crate::payment_ledger::statement::{
    AccountLine, AccountName, AccountStatement, StatementOf, account_statement, totals,
};
use crate::payment_ledger::tests::sums;
use crate::{Limit, QueryError, rebuild};

async fn read(database: &Database, of: StatementOf, rows: u16) -> (AccountStatement, Vec<AccountLine>) {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let page = account_statement(&database.pool, of, cursor, Limit::new(rows).unwrap())
            .await
            .unwrap();
        all.extend(page.lines.items.clone());
        match page.lines.next {
            Some(next) => cursor = Some(Cursor::parse(&next.encode()).unwrap()),
            None => return (page, all),
        }
    }
}

fn of(account: AccountName, subject: Option<Uuid>) -> StatementOf {
    StatementOf {
        account,
        subject,
        from: None,
        to: None,
    }
}

/// Each line's balance is the one before it and its amount, from the opening to the closing balance.
fn assert_counted_on(frame: &AccountStatement, lines: &[AccountLine]) {
    let mut balance = frame.opening.minor;
    let mut last = (0, -1);
    for line in lines {
        assert!((line.position, line.line) > last, "oldest first, none twice");
        last = (line.position, line.line);
        balance += line.amount.minor;
        assert_eq!(line.balance.minor, balance);
    }
    assert_eq!(frame.closing.minor, balance);
}

#[test]
fn every_line_is_counted_on_through_any_pages_and_stretches_of_time() {
    property(
        12,
        &(steps(70), 1..7_u16, any::<u8>(), (1..40_i64, any::<u8>())),
        |runtime, database, _, (steps, rows, cut, summed)| {
            let world = Bookings::lived(&steps);
            runtime.block_on(async {
                for table in [
                    "payment_ledger",
                    "payment_ledger__payments",
                    "payment_ledger_ranges",
                ] {
                    let sql = format!("delete from {table}");
                    sqlx::query(&sql).execute(&database.pool).await.unwrap();
                }
                database
                    .apply(Model::PaymentLedger, 1, &world.history.facts)
                    .await;
                sum_some(database, &world.history.facts, summed).await;
                let sums = sums(&database.pool).await;
                let mut by_name: BTreeMap<&str, i64> = BTreeMap::new();
                for (account, sum) in &sums {
                    *by_name.entry(account.name()).or_default() += sum.minor;
                    let name = AccountName::parse(account.name()).unwrap();
                    assert_eq!(name.has_subjects(), account.subject().is_some());
                    let (frame, lines) = read(database, of(name, account.subject()), rows).await;
                    assert_eq!((frame.opening.minor, frame.closing), (0, *sum));
                    assert_counted_on(&frame, &lines);
                }
                assert_days_hold_every_line(database).await;
                let totals = totals(&database.pool).await.unwrap();
                assert_eq!(totals.len(), AccountName::all().count(), "unused ones too");
                assert_eq!(totals.iter().map(|total| total.sum.minor).sum::<i64>(), 0);
                for total in totals {
                    let expected = by_name.get(total.account.as_str()).copied().unwrap_or(0);
                    assert_eq!(total.sum.minor, expected);
                    let (frame, lines) = read(database, of(total.account, None), rows).await;
                    assert_eq!(i64::try_from(lines.len()), Ok(total.lines));
                    assert_counted_on(&frame, &lines);
                    assert_cut_in_two(database, total.account, rows, &lines, cut).await;
                }
            });
        },
    );
}

/// What analysts see by day is what they see line by line, however much of it is summed; and the books balance.
async fn assert_days_hold_every_line(database: &Database) {
    let differing: i64 = sqlx::query_scalar(
        "with counted as (
             select recorded_date as day, account, account_type,
                    coalesce(sum(amount) filter (where amount > 0), 0)::numeric(14, 2) as debit,
                    coalesce(-sum(amount) filter (where amount < 0), 0)::numeric(14, 2) as credit,
                    sum(amount)::numeric(14, 2) as net
             from analytics.ledger_lines
             group by 1, 2, 3
         )
         select count(*) from (
             (select * from counted except select * from analytics.ledger_daily)
             union all
             (select * from analytics.ledger_daily except select * from counted)
         ) differing",
    )
    .fetch_one(&database.pool)
    .await
    .unwrap();
    assert_eq!(differing, 0);
    let balanced: (i64, String) =
        sqlx::query_as("select unbalanced, difference::text from analytics.ledger_balance")
            .fetch_one(&database.pool)
            .await
            .unwrap();
    assert_eq!(balanced, (0, "0.00".to_owned()));
}

/// Sums the ledger in ranges of `size` positions, as far as the given share of the facts.
async fn sum_some(database: &Database, facts: &[Fact], (size, share): (i64, u8)) {
    let last = facts.last().map_or(0, |fact| fact.position);
    let passed = last * i64::from(share) / i64::from(u8::MAX);
    passed_by_all(database, passed).await;
    let summed = sum_ranges(&database.pool, size).await.unwrap();
    assert_eq!(i64::try_from(summed), Ok(passed / size));
}

async fn passed_by_all(database: &Database, position: i64) {
    sqlx::query("update checkpoints set position = $1 where consumer = 'payment_ledger' and generation = 1")
        .bind(position)
        .execute(&database.pool)
        .await
        .unwrap();
}

/// What stands there at an instant closes one statement and opens the next, and no line is in both or in neither.
async fn assert_cut_in_two(
    database: &Database,
    account: AccountName,
    rows: u16,
    all: &[AccountLine],
    cut: u8,
) {
    let at = match all.get(usize::from(cut) % all.len().max(1)) {
        Some(line) => line.at,
        None => Timestamp::UNIX_EPOCH,
    };
    let whole = of(account, None);
    let (before, first) = read(
        database,
        StatementOf {
            to: Some(at),
            ..whole
        },
        rows,
    )
    .await;
    let (after, second) = read(
        database,
        StatementOf {
            from: Some(at),
            ..whole
        },
        rows,
    )
    .await;
    assert_eq!(before.closing, after.opening);
    assert_eq!(first.len() + second.len(), all.len());
    assert!(first.iter().all(|line| line.at < at) && second.iter().all(|line| line.at >= at));
    assert_counted_on(&before, &first);
    assert_counted_on(&after, &second);
}

/// What waits behind a parked key, or was not seen by every shard, is summed once it is written and never before.
#[tokio::test]
async fn nothing_is_summed_that_can_still_be_written_into() {
    let database = Database::create().await;
    passed_by_all(&database, 100).await;
    sqlx::query(
        "insert into parked (consumer, generation, partition_key, shard, from_position, reason)
         values ('payment_ledger', 1, 'somebody', 3, 25, 'poison')",
    )
    .execute(&database.pool)
    .await
    .unwrap();
    assert_eq!(sum_ranges(&database.pool, 10).await.unwrap(), 2, "up to 20");

    sqlx::query("delete from parked")
        .execute(&database.pool)
        .await
        .unwrap();
    let behind = "update checkpoints set position = 49
                  where consumer = 'payment_ledger' and generation = 1 and shard = 31";
    sqlx::query(behind).execute(&database.pool).await.unwrap();
    assert_eq!(sum_ranges(&database.pool, 10).await.unwrap(), 2, "up to 40");
    passed_by_all(&database, 100).await;
    assert_eq!(sum_ranges(&database.pool, 10).await.unwrap(), 6, "up to 100");
    assert_eq!(sum_ranges(&database.pool, 10).await.unwrap(), 0);
}

/// A shard without facts does not hold up the others.
#[tokio::test]
async fn a_log_is_summed_as_far_as_its_last_whole_range() {
    let log = TestLog::open().await;
    let facts = Bookings::lived(&rebuild::tests::steps(200)).history.facts;
    let head = log.append(&facts).await;
    assert_eq!(
        sum_ranges(&log.models.pool, 10).await.unwrap(),
        0,
        "nobody followed"
    );
    log.drain().await;
    let summed = sum_ranges(&log.models.pool, 10).await.unwrap();
    assert_eq!(i64::try_from(summed), Ok(head / 10));
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused() {
    let database = Database::create().await;
    let strange = Cursor::new(List::Entries, 7, Uuid::nil());
    let account = AccountName::parse("clinic_revenue").unwrap();
    let answer = account_statement(&database.pool, of(account, None), Some(strange), Limit::default()).await;
    assert!(matches!(answer, Err(QueryError::Cursor(_))));
}
