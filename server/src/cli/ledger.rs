//! `tot ledger`: shows what stands on the ledger's accounts, and a statement of any of them.

use clap::{Args, Subcommand};
use domain::money::{Money, MoneyError};
use jiff::Timestamp;
use projections::payment_ledger::statement::{self, AccountLine, AccountName, AccountTotal, StatementOf};
use projections::{LIMIT_MAX, Limit};
use serde_json::{Value, json};
use uuid::Uuid;

use super::date::moment;
use super::id::id;
use super::operator::{self, CommandResult};
use super::output::{self, Format};
use crate::config::Environment;

/// How many lines one statement shows at most; a narrower stretch of time shows the rest.
const LINES_MAX: usize = 100_000;

/// `tot ledger …`; alone it shows the accounts.
#[derive(Debug, Args)]
pub struct LedgerArgs {
    #[command(subcommand)]
    command: Option<LedgerCommand>,
}

#[derive(Clone, Debug, Default, Subcommand)]
enum LedgerCommand {
    /// Show what stands on every account, and on all together: nothing, for each kopeck is debited and credited.
    #[default]
    Accounts,
    /// Show every movement on one account.
    Statement {
        /// The account, such as clinic_revenue; `tot ledger accounts` names them.
        account: String,
        /// Whose: an owner of a wallet, a doctor or a booking; all together without it.
        #[arg(long, value_parser = id::<Uuid>)]
        subject: Option<Uuid>,
        /// From this instant on, such as 2026-12-01T09:30:00Z, or from the beginning of a date in UTC.
        #[arg(long, value_parser = moment)]
        from: Option<Timestamp>,
        /// Before this instant, or the beginning of a date in UTC.
        #[arg(long, value_parser = moment)]
        to: Option<Timestamp>,
    },
}

/// Why the ledger was not shown.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// There is no such account.
    #[error("there is no account {0}; there are {1}")]
    UnknownAccount(String, String),
    /// It has no subjects.
    #[error("--subject: {0} is the platform's own account")]
    NoSubjects(&'static str),
    /// More lines than one answer shows.
    #[error("there are more than {LINES_MAX} lines; ask for a shorter stretch with --from and --to")]
    TooLong,
    /// The accounts together hold more than money can say.
    #[error("the accounts cannot be added up")]
    Sum(#[source] MoneyError),
}

/// Shows accounts or a statement.
pub async fn run(args: LedgerArgs, environment: &Environment, format: Format) -> CommandResult {
    let log = operator::log(environment).await?;
    match args.command.unwrap_or_default() {
        LedgerCommand::Accounts => {
            let totals = statement::totals(log.pool()).await?;
            let shown: Vec<Value> = totals.iter().map(account).collect();
            let together = together(&totals).map_err(LedgerError::Sum)?;
            output::print(format, &shown, |_| accounts(&totals, together))?;
        }
        LedgerCommand::Statement {
            account,
            subject,
            from,
            to,
        } => {
            let account = named(&account)?;
            if subject.is_some() && !account.has_subjects() {
                return Err(LedgerError::NoSubjects(account.as_str()).into());
            }
            let of = StatementOf {
                account,
                subject,
                from,
                to,
            };
            print(log.pool(), of, format).await?;
        }
    }
    Ok(())
}

fn named(word: &str) -> Result<AccountName, LedgerError> {
    AccountName::parse(word).ok_or_else(|| {
        let all: Vec<&str> = AccountName::all().map(AccountName::as_str).collect();
        LedgerError::UnknownAccount(word.to_owned(), all.join(", "))
    })
}

async fn print(pool: &sqlx::PgPool, of: StatementOf, format: Format) -> CommandResult {
    let limit = Limit::new(LIMIT_MAX).unwrap_or_default();
    let (mut all, mut cursor) = (Vec::new(), None);
    let (opening, closing) = loop {
        let page = statement::account_statement(pool, of, cursor, limit).await?;
        all.extend(page.lines.items);
        if all.len() > LINES_MAX {
            return Err(LedgerError::TooLong.into());
        }
        match page.lines.next {
            Some(next) => cursor = Some(next),
            None => break (page.opening, page.closing),
        }
    };
    let shown = json!({
        "account": of.account.as_str(), "subject": of.subject, "currency": opening.currency.code(),
        "opening_balance": opening.decimal(), "closing_balance": closing.decimal(),
        "lines": all.iter().map(line).collect::<Vec<_>>(),
    });
    output::print(format, &shown, |_| {
        let mut rows = vec![balance("opening balance", &opening.decimal())];
        rows.extend(all.iter().map(row));
        rows.push(balance("closing balance", &closing.decimal()));
        output::table(
            &["position", "when", "what", "amount", "balance", "payment"],
            &rows,
        )
    })?;
    Ok(())
}

fn account(total: &AccountTotal) -> Value {
    json!({
        "account": total.account.as_str(), "amount": total.sum.decimal(), "currency": total.sum.currency.code(),
        "lines": total.lines, "subjects": total.subjects,
    })
}

/// What stands on all accounts together.
fn together(totals: &[AccountTotal]) -> Result<Money, MoneyError> {
    totals
        .iter()
        .try_fold(Money::ZERO, |sum, total| sum.plus(total.sum))
}

fn accounts(totals: &[AccountTotal], together: Money) -> String {
    let mut rows: Vec<Vec<String>> = totals
        .iter()
        .map(|total| {
            let subjects = total.subjects.map(|subjects| subjects.to_string());
            vec![
                total.account.as_str().to_owned(),
                total.sum.decimal(),
                total.lines.to_string(),
                subjects.unwrap_or_default(),
            ]
        })
        .collect();
    let lines: i64 = totals.iter().map(|total| total.lines).sum();
    rows.push(vec![
        "total".to_owned(),
        together.decimal(),
        lines.to_string(),
        String::new(),
    ]);
    output::table(&["account", "sum", "lines", "subjects"], &rows)
}

fn line(line: &AccountLine) -> Value {
    json!({
        "position": line.position, "line": line.line, "at": line.at, "kind": line.kind.as_str(),
        "amount": line.amount.decimal(), "balance": line.balance.decimal(),
        "booking_id": line.booking_id, "payment_id": line.payment_id, "transfer_id": line.transfer_id,
    })
}

fn row(line: &AccountLine) -> Vec<String> {
    vec![
        line.position.to_string(),
        line.at.to_string(),
        line.kind.as_str().to_owned(),
        line.amount.decimal(),
        line.balance.decimal(),
        line.payment_id.map(|id| id.to_string()).unwrap_or_default(),
    ]
}

fn balance(what: &str, sum: &str) -> Vec<String> {
    let empty = String::new;
    vec![
        empty(),
        empty(),
        what.to_owned(),
        empty(),
        sum.to_owned(),
        empty(),
    ]
}
