//! Who may do what: one row per operation of the API. An operation without a row fails the test.

use serde_json::{Value, json};

use super::own_account;

/// Who asks, in the order in which they ask: the ones who may change something come last.
pub const CALLERS: [&str; 10] = [
    "nobody",
    "analyst",
    "other patient",
    "other doctor",
    "doctor taken off",
    "other clinic",
    "doctor",
    "clinic",
    "patient",
    "admin",
];

/// What is owed to a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owed {
    /// Let in: done, or refused by a rule of the platform (409).
    In,
    /// 401: who are you?
    Who,
    /// 403: your role may not.
    No,
    /// 404: not there, or not yours.
    Absent,
}

use Owed::{Absent, In, No, Who};
/// One operation: its method and path, a body that is valid, and what is owed to each of [`CALLERS`].
pub struct Operation {
    /// As in the description of the API.
    pub name: &'static str,
    /// A valid body, if it takes one.
    pub body: Option<Value>,
    /// What is owed, in the order of [`CALLERS`].
    pub owed: [Owed; 10],
}

pub(super) const ANYONE: [Owed; 10] = [In; 10];
pub(super) const SIGNED_IN: [Owed; 10] = [Who, In, In, In, In, In, In, In, In, In];
pub(super) const PATIENTS: [Owed; 10] = [Who, No, In, No, No, No, No, No, In, No];
/// Doctors, each about what is their own.
pub(super) const DOCTORS: [Owed; 10] = [Who, No, No, In, In, No, In, No, No, No];
/// Those whom clinics invite; nobody is.
pub(super) const INVITED: [Owed; 10] = [Who, No, No, Absent, Absent, No, Absent, No, No, No];
pub(super) const CLINICS: [Owed; 10] = [Who, No, No, No, No, In, No, In, No, No];
/// Clinics, about an invitation or a doctor that neither of them has.
pub(super) const CLINICS_ABSENT: [Owed; 10] = [Who, No, No, No, No, Absent, No, Absent, No, No];
/// Doctors and patients, each about what is their own.
const OWNERS: [Owed; 10] = [Who, No, In, In, In, No, In, No, In, No];
pub(super) const ADMINS: [Owed; 10] = [Who, No, No, No, No, No, No, No, No, In];
/// Those who send doctors: another clinic may not, once one's doctor has had the call.
const SENDERS: [Owed; 10] = [Who, No, No, No, No, Absent, No, In, No, In];
/// Those who read the books.
const BOOKKEEPERS: [Owed; 10] = [Who, In, No, No, No, No, No, No, No, In];
pub(super) const LISTS: [Owed; 10] = [Who, No, In, In, In, In, In, In, In, In];
/// Those who have bookings, or days, of their own.
const FOLLOWERS: [Owed; 10] = [Who, No, In, In, In, In, In, In, In, No];
/// Those whom a booking concerns.
const PARTIES: [Owed; 10] = [Who, No, Absent, Absent, Absent, Absent, In, In, In, In];
const PAYERS: [Owed; 10] = [Who, No, Absent, No, No, No, No, No, In, In];
const VISITORS: [Owed; 10] = [Who, No, No, Absent, Absent, No, In, No, No, In];
/// Those who name endpoints; nobody has this one.
const KEEPERS: [Owed; 10] = [Who, No, No, No, No, In, No, In, No, In];
/// A doctor is nobody's secret, so another doctor's days are there and forbidden; to another clinic they are not there.
const DAY_KEEPERS: [Owed; 10] = [Who, No, No, No, No, Absent, In, In, No, In];

/// An id that no intent and no account has: whoever is let in hears that it is not there.
pub(super) const NO_INTENT: &str = "019a8f0e-0000-7000-8000-00000000dead";

/// Whom and what the rows are about; every id of a booking is one that the patient made and the doctor is assigned to.
pub struct Subjects {
    /// The doctor.
    pub doctor: String,
    /// The booking of this operation.
    pub booking: String,
    /// Its payment.
    pub payment: String,
    /// The patient.
    pub patient: String,
    /// A slot of the doctor that is free, for this operation alone.
    pub slot: String,
    /// A date on which the doctor's day is not open.
    pub date: String,
    /// A number of its own for each request.
    pub unique: u64,
}

/// The table.
pub fn operations(of: &Subjects) -> Vec<Operation> {
    let row = |name, owed, body| Operation { name, owed, body };
    let nothing = || Some(json!({}));
    let mail = format!("somebody{}@example.com", of.unique);
    let named =
        json!({"email": mail, "password": "moss-kettle-ferry", "first_name": "Пётр", "last_name": "Безухов"});
    let staff = {
        let mut staff = named.clone();
        staff["role"] = json!("analyst");
        staff
    };
    let login = json!({"email": "patient1@example.com", "password": "a wrong password"});
    let urgent = json!({"call_type": "urgent", "amount": "1500.00", "address": "ул. Ленина, 1"});
    let day = json!({"date": of.date, "slot_minutes": 30, "working": [{"from": "09:00", "until": "18:00"}]});
    let block = json!({"starts_at": "2099-01-01T09:00:00Z", "ends_at": "2099-01-01T10:00:00Z"});
    let language = Some(json!({"language": "en"}));
    let (doctor, deposit) = (json!({"doctor_id": of.doctor}), json!({"amount": "100.00"}));
    let pay = json!({"booking_id": of.booking, "payment_method": "wallet"});
    let refund = json!({"amount": "1.00", "reason": "goodwill"});
    let destination = json!({"phone": "+79995550123", "bank_id": "100000000111"});
    let compare = json!({"from": "2026-11-01T00:00:00Z", "to": "2026-11-02T00:00:00Z"});
    let through = json!({"through": "2026-11-01", "dry_run": true});
    let by_card = json!({"amount": "100.00", "payment_method": "yookassa"});
    let prices = kit::opening::example_prices();
    let others = [
        row("GET /api/v1/doctors", ANYONE, None),
        row("GET /api/v1/doctors/{id}", ANYONE, None),
        row("GET /api/v1/doctors/{id}/slots", ANYONE, None),
        row(
            "PUT /api/v1/doctors/{id}/accepts",
            DAY_KEEPERS,
            Some(json!({"accepts": true})),
        ),
        row("GET /api/v1/doctors/{id}/days", DAY_KEEPERS, None),
        row("POST /api/v1/doctors/{id}/days", DAY_KEEPERS, Some(day)),
        row(
            "POST /api/v1/doctors/{id}/days/{date}/extend",
            DAY_KEEPERS,
            Some(json!({"working": [{"from": "08:00", "until": "19:00"}]})),
        ),
        row(
            "POST /api/v1/doctors/{id}/days/{date}/close",
            DAY_KEEPERS,
            nothing(),
        ),
        row("POST /api/v1/doctors/{id}/blocks", DAY_KEEPERS, Some(block)),
        row("GET /api/v1/doctors/{id}/blocks", DAY_KEEPERS, None),
        row(
            "POST /api/v1/doctors/{id}/blocks/{block_id}/unblock",
            DAY_KEEPERS,
            nothing(),
        ),
        row("GET /api/v1/tariffs", ANYONE, None),
        row("POST /api/v1/bookings", PATIENTS, Some(urgent)),
        row("GET /api/v1/bookings", LISTS, None),
        row("GET /api/v1/bookings/{id}", PARTIES, None),
        row("GET /api/v1/bookings/{id}/cancellation-quote", PARTIES, None),
        row("GET /api/v1/bookings/{id}/history", PAYERS, None),
        row("GET /api/v1/bookings/{id}/events", PARTIES, None),
        row("GET /api/v1/me/events", FOLLOWERS, None),
        row("POST /api/v1/bookings/{id}/cancel", PARTIES, nothing()),
        row(
            "POST /api/v1/bookings/{id}/reschedule",
            [Who, No, Absent, No, No, Absent, No, In, In, In],
            Some(json!({"starts_at": of.slot})),
        ),
        row(
            "POST /api/v1/bookings/{id}/accept-change",
            [Who, No, Absent, No, No, No, No, No, In, No],
            nothing(),
        ),
        row(
            "GET /api/v1/open-calls",
            [Who, No, No, No, No, In, No, In, No, In],
            None,
        ),
        row("POST /api/v1/bookings/{id}/assign", SENDERS, Some(doctor)),
        row(
            "POST /api/v1/bookings/{id}/unassign",
            [Who, No, No, Absent, Absent, Absent, In, In, No, In],
            nothing(),
        ),
        row("POST /api/v1/bookings/{id}/depart", VISITORS, nothing()),
        row(
            "POST /api/v1/bookings/{id}/room",
            VISITORS,
            Some(json!({"url": "https://rooms.example/7f6f0a1c"})),
        ),
        row(
            "POST /api/v1/bookings/{id}/estimate-arrival",
            VISITORS,
            Some(json!({"arrives_at": of.slot})),
        ),
        row("POST /api/v1/bookings/{id}/arrive", VISITORS, nothing()),
        row("POST /api/v1/bookings/{id}/start", VISITORS, nothing()),
        row("POST /api/v1/bookings/{id}/complete", VISITORS, nothing()),
        row("POST /api/v1/bookings/{id}/no-show", VISITORS, nothing()),
        row(
            "POST /api/v1/payments",
            [Who, No, Absent, No, No, No, No, No, In, No],
            Some(pay),
        ),
        row(
            "GET /api/v1/payments",
            [Who, No, In, No, No, No, No, No, In, In],
            None,
        ),
        row("GET /api/v1/payments/{id}", PAYERS, None),
        row("POST /api/v1/payments/{id}/refund", ADMINS, Some(refund)),
        row("GET /api/v1/payments/{id}/qr.svg", PAYERS, None),
        row("GET /api/v1/payments/{id}/qr.png", PAYERS, None),
        row(
            "POST /api/v1/webhooks/yookassa",
            ANYONE,
            Some(json!({"type": "notification"})),
        ),
        row(
            "POST /api/v1/webhooks/tbank",
            ANYONE,
            Some(json!({"Status": "CONFIRMED"})),
        ),
        row("GET /api/v1/wallet", OWNERS, None),
        row("GET /api/v1/wallet/entries", OWNERS, None),
        row("POST /api/v1/wallet/deposits", PATIENTS, Some(by_card)),
        row(
            "POST /api/v1/wallet/withdrawals",
            PATIENTS,
            Some(json!({"amount": "100.00"})),
        ),
        row("PUT /api/v1/me/payout-destination", OWNERS, Some(destination)),
        row("GET /api/v1/me/payout-destination", OWNERS, None),
        row("POST /api/v1/me/calendar", OWNERS, language),
        row("GET /api/v1/me/calendar", OWNERS, None),
        row("POST /api/v1/me/calendar/revoke", OWNERS, nothing()),
        // The link is the key, and nobody has this one.
        row("GET /api/v1/calendar/{token}/visits.ics", ANYONE, None),
        row("GET /api/v1/sbp-banks", SIGNED_IN, None),
        row(
            "GET /api/v1/payouts",
            [Who, No, In, In, In, No, In, No, In, In],
            None,
        ),
        // No payout has this id, as none of another's is there for anybody.
        row(
            "GET /api/v1/payouts/{id}",
            [Who, No, Absent, Absent, Absent, No, Absent, No, Absent, Absent],
            None,
        ),
        row("POST /api/v1/admin/price-lists", ADMINS, Some(prices)),
        row("GET /api/v1/admin/price-lists", ADMINS, None),
        row("GET /api/v1/admin/price-lists/{version}", ADMINS, None),
        row("POST /api/v1/admin/payouts/run", ADMINS, Some(through)),
        row("POST /api/v1/admin/accounts", ADMINS, Some(staff)),
        row("GET /api/v1/admin/accounts", ADMINS, None),
        row("GET /api/v1/admin/accounts/{id}", ADMINS, None),
        row(
            "PATCH /api/v1/admin/accounts/{id}",
            ADMINS,
            Some(json!({"first_name": "Андрей"})),
        ),
        row(
            "POST /api/v1/admin/accounts/{id}/deactivate",
            ADMINS,
            Some(json!({"reason": "left"})),
        ),
        row("POST /api/v1/admin/accounts/{id}/reactivate", ADMINS, nothing()),
        row("POST /api/v1/admin/accounts/{id}/end-sessions", ADMINS, nothing()),
        row("POST /api/v1/admin/accounts/{id}/reset-factor", ADMINS, nothing()),
        row(
            "POST /api/v1/admin/accounts/{id}/erasure",
            ADMINS,
            Some(json!({"reason": "written_request"})),
        ),
        row("GET /api/v1/admin/erasures", ADMINS, None),
        row("POST /api/v1/admin/accounts/{id}/verify", ADMINS, nothing()),
        row(
            "POST /api/v1/admin/accounts/{id}/unverify",
            ADMINS,
            Some(json!({"reason": "documents_missing"})),
        ),
        row(
            "POST /api/v1/admin/accounts/{id}/refuse-application",
            ADMINS,
            Some(json!({"reason": "licence_not_found"})),
        ),
        row(
            "POST /api/v1/admin/wallets/{owner}/deposits",
            ADMINS,
            Some(deposit),
        ),
        row("GET /api/v1/admin/ledger/accounts", BOOKKEEPERS, None),
        row(
            "GET /api/v1/admin/ledger/accounts/{account}/entries",
            BOOKKEEPERS,
            None,
        ),
        row("GET /api/v1/exports/{name}", BOOKKEEPERS, None),
        row("GET /api/v1/reports", BOOKKEEPERS, None),
        row("GET /api/v1/reports/{name}", BOOKKEEPERS, None),
        row("GET /api/v1/admin/events", ADMINS, None),
        row("GET /api/v1/admin/events/live", ADMINS, None),
        row("GET /api/v1/admin/streams/{type}/{id}", ADMINS, None),
        row("GET /api/v1/admin/bookings/{id}/history", ADMINS, None),
        row("GET /api/v1/admin/search", ADMINS, None),
        row("GET /api/v1/admin/audit-trail", ADMINS, None),
        row("GET /api/v1/admin/projections", ADMINS, None),
        row("POST /api/v1/admin/projections/{name}/rebuild", ADMINS, nothing()),
        row("POST /api/v1/admin/projections/{name}/unpark", ADMINS, nothing()),
        row("GET /api/v1/admin/intents", ADMINS, None),
        row("POST /api/v1/admin/intents/{id}/retry", ADMINS, nothing()),
        row(
            "POST /api/v1/admin/intents/{id}/give-up",
            ADMINS,
            Some(json!({"reason": "obsolete"})),
        ),
        row("GET /api/v1/admin/anomalies", ADMINS, None),
        row(
            "POST /api/v1/admin/anomalies/{subject_id}/{number}/resolve",
            ADMINS,
            Some(json!({"resolution": "accepted"})),
        ),
        row("GET /api/v1/admin/reconciliations", ADMINS, None),
        row("GET /api/v1/admin/reconciliations/{id}", ADMINS, None),
        row("POST /api/v1/admin/reconciliations", ADMINS, Some(compare)),
        row(
            "POST /api/v1/webhook-endpoints",
            KEEPERS,
            Some(json!({"url": "https://app.example/webhooks", "event_types": ["booking.created"]})),
        ),
        row("GET /api/v1/webhook-endpoints", KEEPERS, None),
        row("GET /api/v1/webhook-endpoints/{id}", KEEPERS, None),
        row(
            "PATCH /api/v1/webhook-endpoints/{id}",
            KEEPERS,
            Some(json!({"enabled": true})),
        ),
        row("DELETE /api/v1/webhook-endpoints/{id}", KEEPERS, None),
        row(
            "POST /api/v1/webhook-endpoints/{id}/rotate-secret",
            KEEPERS,
            nothing(),
        ),
        row("POST /api/v1/webhook-endpoints/{id}/test", KEEPERS, nothing()),
        row(
            "POST /api/v1/webhook-endpoints/{id}/replay",
            KEEPERS,
            Some(json!({"after_position": 0})),
        ),
        row("GET /api/v1/webhook-endpoints/{id}/deliveries", KEEPERS, None),
        row(
            "POST /api/v1/webhook-endpoints/{id}/deliveries/{delivery_id}/retry",
            KEEPERS,
            nothing(),
        ),
        row("GET /api/v1/version", ANYONE, None),
        row("GET /livez", ANYONE, None),
        row("GET /readyz", ANYONE, None),
        row("GET /api/v1/me/data-reads", SIGNED_IN, None),
        // The last: the doctor is of no clinic then.
        row("POST /api/v1/me/clinic/leave", DOCTORS, nothing()),
    ];
    own_account::operations(named, login)
        .into_iter()
        .chain(others)
        .collect()
}

/// The path of an operation about these subjects.
pub fn path(name: &str, of: &Subjects) -> String {
    let path = own_account::with_document(name.split_once(' ').unwrap().1);
    let id = if path.contains("/clinic/") || path.contains("/me/invitations/") {
        NO_INTENT
    } else if path.contains("/doctors/") {
        &of.doctor
    } else if path.contains("/payments/") {
        &of.payment
    } else if [
        "/intents/",
        "/payouts/",
        "/admin/accounts/",
        "/webhook-endpoints/",
    ]
    .iter()
    .any(|part| path.contains(part))
    {
        NO_INTENT
    } else {
        &of.booking
    };
    path.replace("/admin/search", "/admin/search?q=nobody%40example.com")
        .replace("/reports/{name}", "/reports/funnel")
        .replace("{id}", id)
        .replace("{block_id}", NO_INTENT)
        .replace("{secret_id}", NO_INTENT)
        .replace("{delivery_id}", NO_INTENT)
        .replace("{date}", &of.date)
        .replace("{owner}", &of.patient)
        .replace("{account}", "clinic_revenue")
        .replace("{payment_id}", &of.payment)
        .replace("{number}", "1")
        .replace("{token}", &format!("totc_{}", "A".repeat(43)))
        .replace("{version}", "1")
        .replace("{type}", "booking")
        .replace("{name}", "bookings")
}
