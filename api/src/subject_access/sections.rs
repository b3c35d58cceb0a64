//! The parts of what is held about a person, each read by the query its own operation has.

use commands::second_factor_rule::must_have_second_factor;
use commands::wallet;
use domain::ids::{AccountId, DoctorId, PatientId};
use domain::people::Role;
use identity::{AuditFilter, AuditKind, AuditPlace, vault};
use projections::bookings::LineFilter;
use projections::bookings::query::{lists, one};
use projections::payment_ledger::{PaymentFilter, query as ledger};
use projections::payouts::{PayoutFilter, query as payouts};
use projections::{Cursor, Limit};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::App;
use crate::base_path::BASE;
use crate::problem::Problem;
use crate::representation::account::AccountView;
use crate::representation::app::AppLinkView;
use crate::representation::booking::BookingView;
use crate::representation::document::DocumentView;
use crate::representation::erasure::ErasureView;
use crate::representation::passkey::PasskeyView;
use crate::representation::payment::PaymentView;
use crate::representation::payout::PayoutView;
use crate::representation::second_factor::SecondFactorView;
use crate::representation::timestamp::shown;
use crate::representation::wallet::WalletView;
use crate::routes::me::calendar::CalendarView;
use crate::routes::me::consents::ConsentView;
use crate::routes::wallet::entries::EntryView;

/// Rows read at once.
const ROWS: u16 = 100;

/// Whose data.
#[derive(Clone, Copy, Debug)]
pub struct Owner {
    /// The account.
    pub id: AccountId,
    /// Its role.
    pub role: Role,
}

/// A part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    Account,
    SecondFactor,
    Passkeys,
    Sessions,
    CalendarLinks,
    /// Apps that may act for them.
    AppLinks,
    BankAccounts,
    Bookings,
    /// Every word that is kept apart from history: addresses, complaints, notes on visits and on the account.
    PrivateRecords,
    /// What a doctor attached to an application, and where the bytes are.
    Documents,
    Payments,
    Wallet,
    WalletEntries,
    Payouts,
    DataReads,
    Consents,
    Erasures,
}

impl Section {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 17] = [
        Self::Account,
        Self::SecondFactor,
        Self::Passkeys,
        Self::Sessions,
        Self::CalendarLinks,
        Self::AppLinks,
        Self::BankAccounts,
        Self::Bookings,
        Self::PrivateRecords,
        Self::Documents,
        Self::Payments,
        Self::Wallet,
        Self::WalletEntries,
        Self::Payouts,
        Self::DataReads,
        Self::Consents,
        Self::Erasures,
    ];

    /// Its member of the JSON object.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::SecondFactor => "second_factor",
            Self::Passkeys => "passkeys",
            Self::Sessions => "sessions",
            Self::CalendarLinks => "calendar_links",
            Self::AppLinks => "app_links",
            Self::BankAccounts => "bank_accounts",
            Self::Bookings => "bookings",
            Self::PrivateRecords => "private_records",
            Self::Documents => "documents",
            Self::Payments => "payments",
            Self::Wallet => "wallet",
            Self::WalletEntries => "wallet_entries",
            Self::Payouts => "payouts",
            Self::DataReads => "data_reads",
            Self::Consents => "consents",
            Self::Erasures => "erasures",
        }
    }
}

/// Where a part goes on.
#[derive(Clone, Copy, Debug)]
pub enum SectionPlace {
    /// Behind a row of a list.
    List(Cursor),
    /// Behind an entry of the audit trail.
    Trail(AuditPlace),
    /// Behind a row of the vault.
    Row(Uuid),
}

/// A stretch of a part.
#[derive(Debug, Default)]
pub struct Page {
    /// As their own operations answer them.
    pub entries: Vec<Value>,
    /// Where to go on; nowhere at the end.
    pub next: Option<SectionPlace>,
}

/// The next stretch of this part.
///
/// # Errors
/// What its query fails with.
pub async fn page(
    app: &App,
    owner: &Owner,
    section: Section,
    place: Option<SectionPlace>,
) -> Result<Page, Problem> {
    let cursor = match place {
        Some(SectionPlace::List(cursor)) => Some(cursor),
        Some(SectionPlace::Trail(_) | SectionPlace::Row(_)) | None => None,
    };
    let people = app.people();
    match section {
        Section::Account => {
            let account = people.account(owner.id).await?;
            Ok(all(account.iter().map(AccountView::from)))
        }
        Section::SecondFactor => {
            let factor = people.second_factor(owner.id).await?;
            Ok(all([SecondFactorView::of(
                factor,
                must_have_second_factor(owner.role),
            )]))
        }
        Section::Passkeys => {
            let passkeys = people.passkeys(owner.id).await?;
            Ok(all(passkeys.iter().map(PasskeyView::from)))
        }
        Section::Sessions => {
            let sessions = people.own_sessions(owner.id, app.now()).await?;
            Ok(all(sessions.iter().map(|session| {
                json!({
                    "id": session.id.uuid(), "created_at": shown(session.created_at),
                    "last_used_at": shown(session.last_used_at), "expires_at": shown(session.expires_at),
                })
            })))
        }
        Section::CalendarLinks => Ok(all(people.calendar_link(owner.id).await?.map(CalendarView::from))),
        Section::AppLinks => {
            let links = people.app_links(owner.id).await?;
            Ok(all(links.into_iter().map(AppLinkView::from)))
        }
        Section::BankAccounts => {
            let destination = people.payout_destination(owner.id).await?;
            Ok(all(destination.map(|destination| {
                json!({
                    "phone": destination.phone.as_str(), "bank_id": destination.bank_id.as_str(),
                    "set_at": shown(destination.set_at),
                })
            })))
        }
        Section::Bookings => bookings(app, owner, cursor).await,
        Section::PrivateRecords => private_records(app, owner, place).await,
        Section::Documents => documents(app, owner).await,
        Section::Payments => paid(app, owner, cursor).await,
        Section::Wallet => {
            let done = wallet::balance(app.services(), owner.id).await?;
            Ok(all([WalletView::of(&done.answer)]))
        }
        Section::WalletEntries => wallet_entries(app, owner, cursor).await,
        Section::Payouts => paid_out(app, owner, cursor).await,
        Section::DataReads => data_reads(app, owner, place).await,
        Section::Consents => {
            let said = people.consents(owner.id).await?;
            Ok(all(said.iter().map(ConsentView::from)))
        }
        Section::Erasures => {
            let erasure = people.erasure_of(owner.id).await?;
            Ok(all(erasure
                .iter()
                .map(|erasure| ErasureView::of(Some(erasure), &[]))))
        }
    }
}

async fn paid(app: &App, owner: &Owner, cursor: Option<Cursor>) -> Result<Page, Problem> {
    let patient = PatientId::from_uuid(owner.id.uuid());
    let pool = &app.models().pool;
    let page = ledger::payments_for_patient(pool, patient, PaymentFilter::default(), cursor, limit()?);
    let page = page.await?;
    Ok(listed(page.items.iter().map(PaymentView::of_row), page.next))
}

async fn wallet_entries(app: &App, owner: &Owner, cursor: Option<Cursor>) -> Result<Page, Problem> {
    let pool = &app.models().pool;
    let page = match owner.role {
        Role::Doctor => ledger::earnings(pool, owner.id, cursor, limit()?).await?,
        Role::Patient | Role::Clinic | Role::Admin | Role::Analyst => {
            ledger::statement(pool, owner.id, cursor, limit()?).await?
        }
    };
    Ok(listed(page.items.into_iter().map(EntryView::from), page.next))
}

async fn paid_out(app: &App, owner: &Owner, cursor: Option<Cursor>) -> Result<Page, Problem> {
    let filter = PayoutFilter {
        owner: Some(owner.id),
        ..PayoutFilter::default()
    };
    let page = payouts::page(&app.models().pool, filter, cursor, limit()?).await?;
    Ok(listed(page.items.iter().map(PayoutView::of_row), page.next))
}

/// A patient's bookings with address and complaint; a doctor's visits without: these are others' data.
async fn bookings(app: &App, owner: &Owner, cursor: Option<Cursor>) -> Result<Page, Problem> {
    let (pool, filter) = (&app.models().pool, LineFilter::default());
    match owner.role {
        Role::Patient => {
            let patient = PatientId::from_uuid(owner.id.uuid());
            let page = lists::for_patient(pool, patient, filter, cursor, limit()?).await?;
            let mut views = Vec::with_capacity(page.items.len());
            for line in &page.items {
                let Some(booking) = one::for_patient(pool, patient, line.booking_id).await? else {
                    continue;
                };
                let ids: Vec<_> = booking.details.into_iter().chain(booking.note).collect();
                let opened = vault::open(app.people(), &ids).await?;
                let view = BookingView::of_details(&booking, None, true);
                let mut view = serde_json::to_value(view).unwrap_or_default();
                let of = |id| {
                    let row = opened.get(&id)?;
                    (row.subject_id == owner.id).then(|| row.body.clone())
                };
                view["details"] = booking.details.and_then(of).unwrap_or_default();
                view["cancellation_note"] = booking.note.and_then(of).unwrap_or_default();
                views.push(view);
            }
            Ok(listed(views.into_iter(), page.next))
        }
        Role::Doctor => {
            let doctor = DoctorId::from_uuid(owner.id.uuid());
            let page = lists::for_doctor(pool, doctor, filter, cursor, limit()?).await?;
            Ok(listed(page.items.iter().map(BookingView::of_line), page.next))
        }
        Role::Clinic | Role::Admin | Role::Analyst => Ok(Page::default()),
    }
}

async fn private_records(app: &App, owner: &Owner, place: Option<SectionPlace>) -> Result<Page, Problem> {
    let after = match place {
        Some(SectionPlace::Row(id)) => Some(id),
        Some(SectionPlace::List(_) | SectionPlace::Trail(_)) | None => None,
    };
    let rows = vault::of_subject(app.people(), owner.id, after, i64::from(ROWS)).await?;
    let next = rows.last().filter(|_| rows.len() == usize::from(ROWS));
    Ok(Page {
        next: next.map(|(id, _, _)| SectionPlace::Row(*id)),
        entries: rows
            .iter()
            .map(|(id, at, row)| json!({"id": id, "kind": row.kind, "kept_since": shown(*at), "content": row.body}))
            .collect(),
    })
}

/// What there is, with its digest and where to fetch it: the bytes would make a page of them unreadable.
async fn documents(app: &App, owner: &Owner) -> Result<Page, Problem> {
    let kept = app.people().documents_of(owner.id).await?;
    Ok(all(kept.iter().map(|document| {
        let mut shown = serde_json::to_value(DocumentView::from(document)).unwrap_or_default();
        shown["fetch"] = json!(format!("GET {BASE}/me/application/documents/{}", document.id));
        shown
    })))
}

async fn data_reads(app: &App, owner: &Owner, place: Option<SectionPlace>) -> Result<Page, Problem> {
    let before = match place {
        Some(SectionPlace::Trail(place)) => Some(place),
        Some(SectionPlace::List(_) | SectionPlace::Row(_)) | None => None,
    };
    let filter = AuditFilter {
        kind: Some(AuditKind::Read),
        subject_id: Some(owner.id.uuid()),
        before,
        rows: i64::from(ROWS),
        ..AuditFilter::default()
    };
    let reads = app.people().audit_trail(&filter).await?;
    let next = reads.last().filter(|_| reads.len() == usize::from(ROWS));
    Ok(Page {
        next: next.map(|entry| SectionPlace::Trail(entry.place)),
        entries: reads
            .iter()
            .map(|entry| {
                json!({
                    "at": shown(entry.place.at), "reader_role": entry.role, "purpose": entry.what,
                    "operation": entry.operation, "fields": entry.fields,
                    "target_type": entry.target_type, "target_id": entry.target,
                })
            })
            .collect(),
    })
}

fn limit() -> Result<Limit, Problem> {
    Limit::new(ROWS).map_err(|error| Problem::internal(&error))
}

/// Entries that are all there are.
fn all<T: Serialize>(entries: impl IntoIterator<Item = T>) -> Page {
    let entries = entries.into_iter();
    Page {
        entries: entries
            .map(|entry| serde_json::to_value(entry).unwrap_or_default())
            .collect(),
        next: None,
    }
}

/// Entries of a list that may go on.
fn listed<T: Serialize>(entries: impl Iterator<Item = T>, next: Option<Cursor>) -> Page {
    Page {
        next: next.map(SectionPlace::List),
        ..all(entries)
    }
}
