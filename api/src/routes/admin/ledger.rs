//! The books: every account's balance, and any account line by line.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use commands::policy::MayReadBooks;
use domain::people::Role;
use http::{HeaderValue, header};
use jiff::Timestamp;
use projections::payment_ledger::statement::{self, AccountName, StatementOf};
use projections::{Cursor, LIMIT_MAX, Limit, Model};
use utoipa::IntoParams;
use uuid::Uuid;

use crate::app::App;
use crate::extract::head::{FromQuery, Parameters, QueryParams, ReadAfter};
use crate::extract::page::Form;
use crate::extract::read::{not_an_id, one_of_in};
use crate::extract::request::Caller;
use crate::problem::field_error::FieldProblem;
use crate::problem::{Code, Problem};
use crate::read_consistency::{self, ReadResponse};
use crate::representation::ledger::{AccountTotalView, AccountsView, StatementCsv, StatementView};

/// List the ledger's accounts
///
/// For admins and analysts: what stands on each account, debits less credits, its owners or bookings together. All sums
/// together are nothing.
#[utoipa::path(get, path = "/admin/ledger/accounts", tag = "admin", security(("bearer" = [])),
    responses((status = 200, description = "The accounts", body = AccountsView)))]
pub async fn ledger_accounts(
    State(app): State<App>,
    QueryParams(()): QueryParams<()>,
    _caller: Caller<MayReadBooks>,
    read_after: ReadAfter,
) -> Result<ReadResponse<AccountsView>, Problem> {
    read_consistency::wait_for_position(&app, Model::PaymentLedger, read_after).await?;
    let totals = statement::totals(&app.models().pool).await?;
    Ok(ReadResponse::of(AccountsView {
        items: totals.into_iter().map(AccountTotalView::from).collect(),
        next: None,
    }))
}

/// How many lines one CSV file has at most; a link leads to the rest.
const CSV_LINES_MAX: usize = 10_000;

/// Which lines.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StatementQuery {
    /// Whose: an owner of a wallet, a doctor or a booking; all together if absent. For admins alone.
    pub subject: Option<Uuid>,
    /// From this instant on.
    #[param(value_type = Option<String>, format = DateTime)]
    pub from: Option<Timestamp>,
    /// Before this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    pub to: Option<Timestamp>,
    /// `json` (if absent) or `csv`: up to 10000 lines at once, and a `Link` to the rest.
    #[param(value_type = Option<String>, example = "csv")]
    pub format: Option<Form>,
    /// How many lines of JSON at most, 1 to 200; 50 if absent.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    pub limit: Limit,
    /// Where to go on: `next` of the page before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

impl FromQuery for StatementQuery {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let subject = parameters.optional("subject", |text| text.parse().map_err(|_| not_an_id()));
        let span = parameters.span();
        let format = parameters.optional("format", |text| one_of_in(text, Form::parse, "json, csv"));
        let limit = parameters.limit();
        let cursor = parameters.cursor();
        Some(Self {
            subject: subject?,
            from: span?.0,
            to: span?.1,
            format: format?,
            limit: limit?,
            cursor: cursor?,
        })
    }
}

/// Read an account's statement
///
/// For admins, and without `subject` for analysts: every movement, oldest first, with the balance after it, what stood there
/// before and what stands there then. Debits are positive, credits negative.
#[utoipa::path(get, path = "/admin/ledger/accounts/{account}/entries", tag = "admin", security(("bearer" = [])),
    params(("account" = String, Path, description = "The account", example = "clinic_revenue"), StatementQuery),
    responses((status = 200, description = "A page of the statement, or a file of it", content(
        (StatementView = "application/json"),
        (String = "text/csv", example = "position,line,at,kind,amount,balance,currency,booking_id,payment_id,transfer_id"),
    ))))]
pub async fn ledger_entries(
    State(app): State<App>,
    Path(account): Path<String>,
    QueryParams(question): QueryParams<StatementQuery>,
    caller: Caller<MayReadBooks>,
    read_after: ReadAfter,
) -> Result<Response, Problem> {
    if question.subject.is_some() && caller.role() != Role::Admin {
        let problem = Problem::new(Code::Forbidden, "a statement about somebody is for admins");
        return Err(problem.in_russian("выписка о ком-то одном доступна администраторам"));
    }
    let account = AccountName::parse(&account).ok_or_else(|| Problem::plain(Code::NotFound))?;
    if question.subject.is_some() && !account.has_subjects() {
        let wrong = FieldProblem::new("no_subjects", "this account is the platform's own");
        return Err(Problem::invalid(vec![wrong.at("/query/subject")]));
    }
    read_consistency::wait_for_position(&app, Model::PaymentLedger, read_after).await?;
    let of = StatementOf {
        account,
        subject: question.subject,
        from: question.from,
        to: question.to,
    };
    match question.format {
        Some(Form::Csv) => file(&app, of, question.cursor).await,
        Some(Form::Json) | None => {
            let pool = &app.models().pool;
            let page = statement::account_statement(pool, of, question.cursor, question.limit).await?;
            Ok(ReadResponse::of(StatementView::of(&of, page)).into_response())
        }
    }
}

/// The statement as a file, page by page; what does not fit is behind the link.
async fn file(app: &App, of: StatementOf, cursor: Option<Cursor>) -> Result<Response, Problem> {
    let limit = Limit::new(LIMIT_MAX).unwrap_or_default();
    let pool = &app.models().pool;
    let mut page = statement::account_statement(pool, of, cursor, limit).await?;
    let mut csv = StatementCsv::opened(page.opening);
    let mut written = 0;
    loop {
        written += page.lines.items.len();
        let next = page.lines.next;
        page.lines.items.into_iter().for_each(|line| csv.line(line));
        match next {
            Some(_) if written < CSV_LINES_MAX => {
                page = statement::account_statement(pool, of, next, limit).await?;
            }
            Some(_) | None => {
                let text = csv.closed(page.closing);
                let mut response =
                    ([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], text).into_response();
                let link = next.and_then(|next| {
                    HeaderValue::try_from(format!("<?cursor={}>; rel=\"next\"", next.encode())).ok()
                });
                if let Some(link) = link {
                    response.headers_mut().insert(header::LINK, link);
                }
                return Ok(response);
            }
        }
    }
}
