//! The ledger's accounts and statements as JSON and CSV.

use std::fmt::Write as _;

use domain::money::Money;
use jiff::Timestamp;
use projections::payment_ledger::statement::{AccountLine, AccountStatement, AccountTotal, StatementOf};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What stands on the accounts.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AccountsView {
    /// Every account, in the order of the chart. All sums together are nothing.
    pub items: Vec<AccountTotalView>,
    /// Always null: there are few.
    #[schema(value_type = Option<String>)]
    pub next: Option<String>,
}

/// What stands on one account.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "account": "wallet_liability", "amount": "-20000.00", "currency": "RUB", "lines": 4, "subjects": 2
}))]
pub struct AccountTotalView {
    /// The account's stable word.
    #[schema(value_type = String, example = "wallet_liability")]
    pub account: &'static str,
    /// Debits less credits, as decimal text.
    #[schema(example = "-20000.00")]
    pub amount: String,
    /// Its currency.
    #[schema(value_type = String, example = "RUB")]
    pub currency: &'static str,
    /// How many lines there are.
    pub lines: i64,
    /// How many owners, doctors or bookings have one; null for the platform's own accounts.
    pub subjects: Option<i64>,
}

impl From<AccountTotal> for AccountTotalView {
    fn from(total: AccountTotal) -> Self {
        let AccountTotal {
            account,
            sum,
            lines,
            subjects,
        } = total;
        Self {
            account: account.as_str(),
            amount: sum.decimal(),
            currency: sum.currency.code(),
            lines,
            subjects,
        }
    }
}

/// A page of a statement.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StatementView {
    /// The account.
    #[schema(value_type = String, example = "clinic_revenue")]
    pub account: &'static str,
    /// Whose; null for all together.
    pub subject: Option<Uuid>,
    /// The currency of all amounts.
    #[schema(value_type = String, example = "RUB")]
    pub currency: &'static str,
    /// What stood there before the statement, on whatever page this is.
    #[schema(example = "0.00")]
    pub opening_balance: String,
    /// What stands there after the statement's last line, on whatever page this is.
    #[schema(example = "-1500.00")]
    pub closing_balance: String,
    /// The lines, oldest first.
    pub items: Vec<StatementLineView>,
    /// Pass it as `cursor` to go on; null at the end.
    pub next: Option<String>,
}

/// One line of a statement.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "position": 43, "line": 1, "at": "2026-12-01T09:31:00Z", "kind": "captured", "amount": "-1500.00",
    "balance": "-1500.00", "booking_id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69",
    "payment_id": "019a8f0e-7000-7c3e-9a51-1f2d3c4b5a69"
}))]
pub struct StatementLineView {
    /// The fact that moved the money.
    pub position: i64,
    /// The line within that fact's set.
    pub line: i16,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What the movement is.
    #[schema(value_type = String, example = "captured")]
    pub kind: &'static str,
    /// Debit positive, credit negative; decimal text.
    #[schema(example = "-1500.00")]
    pub amount: String,
    /// What stands there after it.
    #[schema(example = "-1500.00")]
    pub balance: String,
    /// For which booking.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub booking_id: Option<Uuid>,
    /// By which payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_id: Option<Uuid>,
    /// By which deposit, withdrawal or payout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer_id: Option<Uuid>,
}

impl From<AccountLine> for StatementLineView {
    fn from(line: AccountLine) -> Self {
        let AccountLine {
            position,
            line,
            kind,
            amount,
            balance,
            booking_id,
            payment_id,
            transfer_id,
            at,
        } = line;
        Self {
            position,
            line,
            at,
            kind: kind.as_str(),
            amount: amount.decimal(),
            balance: balance.decimal(),
            booking_id: booking_id.map(|id| id.uuid()),
            payment_id: payment_id.map(|id| id.uuid()),
            transfer_id: transfer_id.map(|id| id.uuid()),
        }
    }
}

impl StatementView {
    /// The page as JSON.
    pub fn of(asked: &StatementOf, statement: AccountStatement) -> Self {
        let AccountStatement {
            opening,
            closing,
            lines,
        } = statement;
        Self {
            account: asked.account.as_str(),
            subject: asked.subject,
            currency: opening.currency.code(),
            opening_balance: opening.decimal(),
            closing_balance: closing.decimal(),
            items: lines.items.into_iter().map(StatementLineView::from).collect(),
            next: lines.next.map(|cursor| cursor.encode()),
        }
    }
}

/// A statement as CSV (RFC 4180), line by line.
#[derive(Debug)]
pub struct StatementCsv(String);

impl StatementCsv {
    /// The header, and what stood there before the first line.
    pub fn opened(opening: Money) -> Self {
        let mut csv = Self(
            "position,line,at,kind,amount,balance,currency,booking_id,payment_id,transfer_id\r\n".to_owned(),
        );
        csv.balance("opening_balance", opening);
        csv
    }

    /// One line. Nothing in it needs quotes: ids, words, instants and decimal numbers.
    pub fn line(&mut self, line: AccountLine) {
        let currency = line.amount.currency.code();
        let view = StatementLineView::from(line);
        let id = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
        // Writing into text does not fail.
        let _ = write!(
            self.0,
            "{},{},{},{},{},{},{currency},{},{},{}\r\n",
            view.position,
            view.line,
            view.at,
            view.kind,
            view.amount,
            view.balance,
            id(view.booking_id),
            id(view.payment_id),
            id(view.transfer_id),
        );
    }

    /// The whole, with what stands there after the last line.
    pub fn closed(mut self, closing: Money) -> String {
        self.balance("closing_balance", closing);
        self.0
    }

    fn balance(&mut self, word: &str, balance: Money) {
        let (sum, currency) = (balance.decimal(), balance.currency.code());
        let _ = write!(self.0, ",,,{word},,{sum},{currency},,,\r\n");
    }
}
