//! Every route on one page. What is listed here is served and documented; nothing else is either.

use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, get};
use axum::{Router, middleware};
use http::Uri;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::base_path::BASE;
use crate::compression;
use crate::cors;
use crate::docs;
use crate::extract::body_bytes::BODY_BYTES_MAX;
use crate::middleware::wrap_request;
use crate::openapi::paths::{
    OPENAPI, OPENAPI_OF_ACCOUNTS, OPENAPI_OF_ADMINS, OPENAPI_OF_ANALYSTS, OPENAPI_OF_CLINICS,
    OPENAPI_OF_DOCTORS, OPENAPI_OF_OPERATORS, OPENAPI_OF_WEBHOOKS,
};
use crate::openapi::{self, Descriptions, written};
use crate::pages;
use crate::problem::{Code, Problem, page};
use crate::routes::{
    admin, apps, auth, bookings, calendar, clinic, clinics, doctors, exports, health, me, oauth, payments,
    payouts, reports, tariffs, wallet, webhook_endpoints, webhooks,
};
use crate::security_events::operations;
use crate::static_text::StaticText;
use crate::version::{self, API_VERSION, LEAVING};

/// Accounts and sessions.
fn accounts() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(auth::register::register)) // POST /auth/register
        .routes(routes!(auth::session::login)) // POST /auth/login
        .routes(routes!(auth::session::login_code)) // POST /auth/login/code
        .routes(routes!(auth::session::refresh)) // POST /auth/refresh
        .routes(routes!(auth::session::logout)) // POST /auth/logout
        .routes(routes!(auth::stream_tickets::stream_ticket)) // POST /auth/stream-tickets
        .routes(routes!(auth::me::me)) // GET /auth/me
        .routes(routes!(auth::me::change_me)) // PUT /auth/me
        .routes(routes!(auth::password::change_password)) // POST /auth/password
        .routes(routes!(auth::password_resets::request_reset)) // POST /auth/password-resets
        .routes(routes!(auth::password_resets::confirm_reset)) // POST /auth/password-resets/confirm
        .routes(routes!(auth::email::email_code)) // POST /auth/email/code
        .routes(routes!(auth::email::confirm_email)) // POST /auth/email/confirm
        .routes(routes!(auth::phone::phone_code)) // POST /auth/phone/code
        .routes(routes!(auth::phone::confirm_phone)) // POST /auth/phone/confirm
        .routes(routes!(auth::factors::second_factor)) // GET /auth/second-factor
        .routes(routes!(auth::factors::enrol)) // POST /auth/totp
        .routes(routes!(auth::factors::confirm)) // POST /auth/totp/confirm
        .routes(routes!(auth::factors::remove)) // POST /auth/totp/remove
        .routes(routes!(auth::factors::renew_recovery_codes)) // POST /auth/recovery-codes
        .routes(routes!(auth::proof::prove)) // POST /auth/proof
        .routes(routes!(auth::passkey_sign_in::passkey_login_options)) // POST /auth/passkey/options
        .routes(routes!(auth::passkey_sign_in::passkey_login)) // POST /auth/passkey
        .routes(routes!(auth::passkey_sign_in::passkey_proof)) // POST /auth/passkey/proof
        .routes(routes!(auth::passkeys::passkey_options)) // POST /auth/passkeys/options
        .routes(routes!(auth::passkeys::register_passkey)) // POST /auth/passkeys
        .routes(routes!(auth::passkeys::passkeys)) // GET /auth/passkeys
        .routes(routes!(auth::passkeys::remove_passkey)) // POST /auth/passkeys/{id}/remove
        .routes(routes!(auth::sessions::own_sessions)) // GET /auth/sessions
        .routes(routes!(auth::sessions::end_own_session)) // POST /auth/sessions/{id}/end
        .routes(routes!(auth::sessions::end_other_sessions)) // POST /auth/sessions/end-others
        .routes(routes!(me::reads::data_reads)) // GET /me/data-reads
        .routes(routes!(me::consents::texts)) // GET /consents
        .routes(routes!(me::consents::own_consents)) // GET /me/consents
        .routes(routes!(me::consents::consent)) // POST /me/consents
        .routes(routes!(me::subject_access::data)) // GET /me/data
        .routes(routes!(me::erasure::request_erasure)) // POST /me/erasure
        .routes(routes!(me::erasure::erasure)) // GET /me/erasure
        .routes(routes!(me::erasure::withdraw_erasure)) // POST /me/erasure/withdraw
        .routes(routes!(me::apps::link_code)) // POST /me/apps/link-codes
        .routes(routes!(me::apps::own_apps)) // GET /me/apps
        .routes(routes!(me::apps::end_link)) // DELETE /me/apps/{id}
        // Third parties' apps
        .routes(routes!(oauth::token::token)) // POST /oauth/token
        .routes(routes!(apps::patients::link)) // POST /apps/me/patients
        .routes(routes!(apps::patients::patients)) // GET /apps/me/patients
}

/// The operations of the API, below [`BASE`].
fn api() -> OpenApiRouter<App> {
    accounts()
        .merge(doctors())
        // Prices
        .routes(routes!(tariffs::tariffs)) // GET /tariffs
        // Bookings
        .routes(routes!(bookings::request::request)) // POST /bookings
        .routes(routes!(bookings::list::list)) // GET /bookings
        .routes(routes!(bookings::show::show)) // GET /bookings/{id}
        .routes(routes!(bookings::quote::quote)) // GET /bookings/{id}/cancellation-quote
        .routes(routes!(bookings::history::history)) // GET /bookings/{id}/history
        .routes(routes!(bookings::events::events)) // GET /bookings/{id}/events
        .routes(routes!(bookings::cancel::cancel)) // POST /bookings/{id}/cancel
        .routes(routes!(bookings::reschedule::reschedule)) // POST /bookings/{id}/reschedule
        .routes(routes!(bookings::reschedule::accept_change)) // POST /bookings/{id}/accept-change
        .routes(routes!(bookings::open_calls::open_calls)) // GET /open-calls
        .routes(routes!(bookings::assign::assign)) // POST /bookings/{id}/assign
        .routes(routes!(bookings::visit::unassign)) // POST /bookings/{id}/unassign
        .routes(routes!(bookings::visit::depart)) // POST /bookings/{id}/depart
        .routes(routes!(bookings::visit::estimate_arrival)) // POST /bookings/{id}/estimate-arrival
        .routes(routes!(bookings::room::room)) // POST /bookings/{id}/room
        .routes(routes!(bookings::visit::arrive)) // POST /bookings/{id}/arrive
        .routes(routes!(bookings::visit::start)) // POST /bookings/{id}/start
        .routes(routes!(bookings::visit::complete)) // POST /bookings/{id}/complete
        .routes(routes!(bookings::visit::no_show)) // POST /bookings/{id}/no-show
        .routes(routes!(me::events::own_events)) // GET /me/events
        // Visits in other calendars
        .routes(routes!(me::calendar::make)) // POST /me/calendar
        .routes(routes!(me::calendar::show)) // GET /me/calendar
        .routes(routes!(me::calendar::revoke)) // POST /me/calendar/revoke
        .routes(routes!(calendar::visits)) // GET /calendar/{token}/visits.ics
        // Payments
        .routes(routes!(payments::start::start)) // POST /payments
        .routes(routes!(payments::list::list)) // GET /payments
        .routes(routes!(payments::show::show)) // GET /payments/{id}
        .routes(routes!(payments::qr::qr_svg)) // GET /payments/{id}/qr.svg
        .routes(routes!(payments::qr::qr_png)) // GET /payments/{id}/qr.png
        .routes(routes!(payments::refund::refund)) // POST /payments/{id}/refund
        .routes(routes!(webhooks::yookassa::yookassa)) // POST /webhooks/yookassa
        .routes(routes!(webhooks::tbank::tbank)) // POST /webhooks/tbank
        // Wallets and payouts
        .routes(routes!(wallet::show::show)) // GET /wallet
        .routes(routes!(wallet::entries::entries)) // GET /wallet/entries
        .routes(routes!(wallet::deposit::deposit)) // POST /wallet/deposits
        .routes(routes!(wallet::withdraw::withdraw)) // POST /wallet/withdrawals
        .routes(routes!(me::payout_destination::destination)) // GET /me/payout-destination
        .routes(routes!(me::payout_destination::name_destination)) // PUT /me/payout-destination
        .routes(routes!(payouts::banks::banks)) // GET /sbp-banks
        .routes(routes!(payouts::list::list)) // GET /payouts
        .routes(routes!(payouts::show::show)) // GET /payouts/{id}
        .merge(endpoints())
        // The platform itself
        .routes(routes!(health::version::version)) // GET /version
        .merge(operators())
}

/// Doctors, their days, who may practise, and of which clinic they are.
fn doctors() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        // Doctors and their days
        .routes(routes!(doctors::list::list)) // GET /doctors
        .routes(routes!(doctors::show::show)) // GET /doctors/{id}
        .routes(routes!(doctors::slots::slots)) // GET /doctors/{id}/slots
        .routes(routes!(clinics::show::clinic)) // GET /clinics/{id}
        .routes(routes!(doctors::accept::accept)) // PUT /doctors/{id}/accepts
        .routes(routes!(doctors::open_days::days)) // GET /doctors/{id}/days
        .routes(routes!(doctors::days::open_day)) // POST /doctors/{id}/days
        .routes(routes!(doctors::days::extend_day)) // POST /doctors/{id}/days/{date}/extend
        .routes(routes!(doctors::days::close_day)) // POST /doctors/{id}/days/{date}/close
        .routes(routes!(doctors::blocks::blocks)) // GET /doctors/{id}/blocks
        .routes(routes!(doctors::blocks::block_time)) // POST /doctors/{id}/blocks
        .routes(routes!(doctors::blocks::unblock_time)) // POST /doctors/{id}/blocks/{block_id}/unblock
        // Who may practise
        .routes(routes!(me::application::apply)) // POST /me/application
        .routes(routes!(me::application::application)) // GET /me/application
        // What doctors and clinics say of themselves
        .routes(routes!(me::profile::profile)) // GET /me/profile
        .routes(routes!(me::profile::edit_profile)) // PATCH /me/profile
        .routes(routes!(me::documents::attach_document)) // POST /me/application/documents
        .routes(routes!(me::documents::own_document)) // GET /me/application/documents/{id}
        .routes(routes!(me::documents::remove_document)) // POST /me/application/documents/{id}/remove
        // Clinics and their doctors
        .routes(routes!(clinic::invitations::invite)) // POST /clinic/invitations
        .routes(routes!(clinic::invitations::clinic_invitations)) // GET /clinic/invitations
        .routes(routes!(clinic::invitations::withdraw_invitation)) // POST /clinic/invitations/{id}/withdraw
        .routes(routes!(clinic::release::release_doctor)) // POST /clinic/doctors/{id}/release
        .routes(routes!(me::invitations::own_invitations)) // GET /me/invitations
        .routes(routes!(me::invitations::accept_invitation)) // POST /me/invitations/{id}/accept
        .routes(routes!(me::invitations::decline_invitation)) // POST /me/invitations/{id}/decline
        .routes(routes!(me::invitations::leave_clinic)) // POST /me/clinic/leave
}

/// Who is told what happens.
fn endpoints() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(webhook_endpoints::create::create)) // POST /webhook-endpoints
        .routes(routes!(webhook_endpoints::list::list)) // GET /webhook-endpoints
        .routes(routes!(webhook_endpoints::list::show)) // GET /webhook-endpoints/{id}
        .routes(routes!(webhook_endpoints::change::edit)) // PATCH /webhook-endpoints/{id}
        .routes(routes!(webhook_endpoints::change::delete)) // DELETE /webhook-endpoints/{id}
        .routes(routes!(webhook_endpoints::secret::rotate_secret)) // POST /webhook-endpoints/{id}/rotate-secret
        .routes(routes!(webhook_endpoints::secret::test)) // POST /webhook-endpoints/{id}/test
        .routes(routes!(webhook_endpoints::replay::replay)) // POST /webhook-endpoints/{id}/replay
        .routes(routes!(webhook_endpoints::deliveries::deliveries)) // GET /webhook-endpoints/{id}/deliveries
        .routes(routes!(webhook_endpoints::deliveries::retry)) // POST /webhook-endpoints/{id}/deliveries/{delivery_id}/retry
}

/// What admins and analysts may ask.
fn operators() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        // Accounts, cash and payouts
        .routes(routes!(admin::accounts::create::create_account)) // POST /admin/accounts
        .routes(routes!(admin::accounts::list::list_accounts)) // GET /admin/accounts
        .routes(routes!(admin::accounts::show::show_account)) // GET /admin/accounts/{id}
        .routes(routes!(admin::accounts::edit::edit_account)) // PATCH /admin/accounts/{id}
        .routes(routes!(admin::accounts::standing::deactivate_account)) // POST /admin/accounts/{id}/deactivate
        .routes(routes!(admin::accounts::standing::reactivate_account)) // POST /admin/accounts/{id}/reactivate
        .routes(routes!(admin::accounts::standing::end_account_sessions)) // POST /admin/accounts/{id}/end-sessions
        .routes(routes!(admin::accounts::factor::reset_factor)) // POST /admin/accounts/{id}/reset-factor
        .routes(routes!(admin::erasures::erase_account)) // POST /admin/accounts/{id}/erasure
        .routes(routes!(admin::erasures::erasures)) // GET /admin/erasures
        .routes(routes!(admin::accounts::verify::verify_doctor)) // POST /admin/accounts/{id}/verify
        .routes(routes!(admin::accounts::verify::unverify_doctor)) // POST /admin/accounts/{id}/unverify
        .routes(routes!(admin::accounts::verify::refuse_application)) // POST /admin/accounts/{id}/refuse-application
        .routes(routes!(admin::accounts::documents::application_document)) // GET /admin/accounts/{id}/documents/{document_id}
        .merge(third_parties())
        .routes(routes!(admin::credit_wallet::credit_wallet)) // POST /admin/wallets/{owner}/deposits
        .routes(routes!(admin::run_payouts::run_payouts)) // POST /admin/payouts/run
        // Prices
        .routes(routes!(admin::price_lists::publish_prices)) // POST /admin/price-lists
        .routes(routes!(admin::price_lists::price_lists)) // GET /admin/price-lists
        .routes(routes!(admin::price_lists::price_list)) // GET /admin/price-lists/{version}
        // The books
        .routes(routes!(admin::ledger::ledger_accounts)) // GET /admin/ledger/accounts
        .routes(routes!(admin::ledger::ledger_entries)) // GET /admin/ledger/accounts/{account}/entries
        .routes(routes!(admin::anomalies::anomalies)) // GET /admin/anomalies
        .routes(routes!(admin::anomalies::resolve_anomaly)) // POST /admin/anomalies/{subject_id}/{number}/resolve
        .routes(routes!(admin::reconciliations::reconcile)) // POST /admin/reconciliations
        .routes(routes!(admin::reconciliations::reconciliations)) // GET /admin/reconciliations
        .routes(routes!(admin::reconciliations::reconciliation)) // GET /admin/reconciliations/{id}
        // What leaves as files
        .routes(routes!(exports::export)) // GET /exports/{name}
        .routes(routes!(reports::reports)) // GET /reports
        .routes(routes!(reports::report)) // GET /reports/{name}
        // The log and what follows from it
        .routes(routes!(admin::log::events)) // GET /admin/events
        .routes(routes!(admin::log::live)) // GET /admin/events/live
        .routes(routes!(admin::log::stream)) // GET /admin/streams/{type}/{id}
        .routes(routes!(admin::search::search)) // GET /admin/search
        .routes(routes!(admin::audit_trail::audit_trail)) // GET /admin/audit-trail
        .routes(routes!(admin::history::booking_history)) // GET /admin/bookings/{id}/history
        .routes(routes!(admin::projections::projections)) // GET /admin/projections
        .routes(routes!(admin::projections::rebuild)) // POST /admin/projections/{name}/rebuild
        .routes(routes!(admin::projections::unpark)) // POST /admin/projections/{name}/unpark
        .routes(routes!(admin::intents::intents)) // GET /admin/intents
        .routes(routes!(admin::intents::retry_intent)) // POST /admin/intents/{id}/retry
        .routes(routes!(admin::intents::give_up_intent)) // POST /admin/intents/{id}/give-up
}

/// What admins do about third parties' apps.
fn third_parties() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(admin::apps::make::create_app)) // POST /admin/apps
        .routes(routes!(admin::apps::list::list_apps)) // GET /admin/apps
        .routes(routes!(admin::apps::list::show_app)) // GET /admin/apps/{id}
        .routes(routes!(admin::apps::change::edit_app)) // PATCH /admin/apps/{id}
        .routes(routes!(admin::apps::change::deactivate_app)) // POST /admin/apps/{id}/deactivate
        .routes(routes!(admin::apps::change::reactivate_app)) // POST /admin/apps/{id}/reactivate
        .routes(routes!(admin::apps::secrets::rotate_app_secret)) // POST /admin/apps/{id}/rotate-secret
        .routes(routes!(admin::apps::secrets::revoke_app_secret)) // POST /admin/apps/{id}/secrets/{secret_id}/revoke
}

/// The operations outside [`BASE`].
fn probes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(health::livez::livez)) // GET /livez
        .routes(routes!(health::readyz::readyz)) // GET /readyz
}

/// Routes and descriptions, from the one list.
pub fn described() -> (Router<App>, Descriptions) {
    let (router, mut described) = OpenApiRouter::with_openapi(openapi::head(API_VERSION))
        .nest(BASE, api())
        .merge(probes())
        .split_for_parts();
    let unknown = version::describe(LEAVING, &mut described);
    debug_assert!(unknown.is_empty(), "no such operations: {unknown:?}");
    (router, openapi::finish(described))
}

/// A description never changes while the process lives: it is written once.
fn served(description: &OpenApi) -> MethodRouter<App> {
    StaticText::new("application/json", written(description).to_string()).served()
}

/// Nothing is at this path; said with the mend where an address of the API has its beginning twice, or not at all.
async fn nothing_there(uri: Uri) -> Problem {
    let path = uri.path();
    let is_once = path.starts_with(&format!("{BASE}/")) && path.matches(BASE).count() == 1;
    if is_once {
        return Problem::plain(Code::NotFound);
    }
    let detail = format!("nothing is at this path: those of the API begin with {BASE}, once");
    Problem::new(Code::NotFound, detail).in_russian(format!(
        "по этому пути ничего нет: пути API начинаются с {BASE}, один раз"
    ))
}

/// The whole HTTP surface.
pub fn router(app: App) -> Router {
    let (router, described) = described();
    operations::learn(openapi::operation_ids(&described));
    let cors = cors::layer(&app.settings().cors_origins);
    let router = router
        .route(OPENAPI, served(&described.apps))
        .route(OPENAPI_OF_DOCTORS, served(&described.doctors))
        .route(OPENAPI_OF_CLINICS, served(&described.clinics))
        .route(OPENAPI_OF_ACCOUNTS, served(&described.accounts))
        .route(OPENAPI_OF_ADMINS, served(&described.admins))
        .route(OPENAPI_OF_OPERATORS, served(&described.operators))
        .route(OPENAPI_OF_ANALYSTS, served(&described.analysts))
        .route(OPENAPI_OF_WEBHOOKS, served(&described.webhooks))
        .route("/", get(pages::home))
        .route("/problems", get(page::index))
        .route("/problems/{code}", get(page::show))
        .merge(pages::icons())
        .merge(docs::routes())
        .fallback(nothing_there)
        .method_not_allowed_fallback(|| async { Problem::plain(Code::MethodNotAllowed) })
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(compression::layer())
        .layer(middleware::from_fn_with_state(app.clone(), wrap_request))
        .with_state(app);
    match cors {
        Some(cors) => router.layer(cors),
        None => router,
    }
}
