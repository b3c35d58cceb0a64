//! Every route on one page. What is listed here is served and documented; nothing else is either.

use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use axum::{Router, middleware};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::app::App;
use crate::extract::body::BODY_BYTES_MAX;
use crate::headers::DOCS;
use crate::middleware::wrap_request;
use crate::openapi;
use crate::pages;
use crate::problem::Problem;
use crate::problem::code::Code;
use crate::problem::page;
use crate::routes::{
    admin, auth, bookings, doctors, health, me, payments, payouts, tariffs, wallet, webhooks,
};

/// Where the API lives; the web apps own every other path.
pub const BASE: &str = "/api/v1";
/// Where its description lives.
pub const OPENAPI: &str = "/api/v1/openapi.json";

/// The operations of the API, below [`BASE`].
fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(auth::register::register))
        .routes(routes!(auth::session::login))
        .routes(routes!(auth::session::refresh))
        .routes(routes!(auth::session::logout))
        .routes(routes!(auth::me::me, auth::me::change_me))
        .routes(routes!(doctors::list::list))
        .routes(routes!(doctors::show::show))
        .routes(routes!(doctors::slots::slots))
        .routes(routes!(doctors::accept::accept))
        .routes(routes!(doctors::days::open_day))
        .routes(routes!(doctors::days::close_day))
        .routes(routes!(doctors::days::extend_day))
        .routes(routes!(doctors::blocks::block_time, doctors::blocks::blocks))
        .routes(routes!(doctors::blocks::unblock_time))
        .routes(routes!(tariffs::tariffs))
        .routes(routes!(bookings::request::request, bookings::list::list))
        .routes(routes!(bookings::show::show))
        .routes(routes!(bookings::quote::quote))
        .routes(routes!(bookings::history::history))
        .routes(routes!(bookings::events::events))
        .routes(routes!(bookings::cancel::cancel))
        .routes(routes!(bookings::reschedule::reschedule))
        .routes(routes!(bookings::reschedule::accept_change))
        .routes(routes!(bookings::assign::assign))
        .routes(routes!(bookings::visit::unassign))
        .routes(routes!(bookings::visit::depart))
        .routes(routes!(bookings::visit::arrive))
        .routes(routes!(bookings::visit::start))
        .routes(routes!(bookings::visit::complete))
        .routes(routes!(bookings::visit::no_show))
        .routes(routes!(payments::start::start, payments::list::list))
        .routes(routes!(payments::show::show))
        .routes(routes!(payments::refund::refund))
        .routes(routes!(payments::qr::qr_svg))
        .routes(routes!(payments::qr::qr_png))
        .routes(routes!(webhooks::yookassa::yookassa))
        .routes(routes!(webhooks::tbank::tbank))
        .routes(routes!(wallet::show::show))
        .routes(routes!(wallet::entries::entries))
        .routes(routes!(wallet::deposit::deposit))
        .routes(routes!(wallet::withdraw::withdraw))
        .routes(routes!(
            me::payout_destination::destination,
            me::payout_destination::name_destination
        ))
        .routes(routes!(payouts::banks::banks))
        .routes(routes!(payouts::list::list))
        .routes(routes!(payouts::show::show))
        .merge(operators())
        .routes(routes!(health::version::version))
}

/// What admins and analysts may ask.
fn operators() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(admin::create_account::create_account))
        .routes(routes!(admin::credit_wallet::credit_wallet))
        .routes(routes!(admin::ledger::ledger_accounts))
        .routes(routes!(admin::ledger::ledger_entries))
        .routes(routes!(admin::run_payouts::run_payouts))
        .routes(routes!(
            admin::price_lists::publish_prices,
            admin::price_lists::price_lists
        ))
        .routes(routes!(admin::price_lists::price_list))
        .routes(routes!(admin::log::events))
        .routes(routes!(admin::log::live))
        .routes(routes!(admin::log::stream))
        .routes(routes!(admin::projections::projections))
        .routes(routes!(admin::projections::rebuild))
        .routes(routes!(admin::projections::unpark))
        .routes(routes!(admin::intents::intents))
        .routes(routes!(admin::intents::retry_intent))
        .routes(routes!(admin::intents::give_up_intent))
        .routes(routes!(admin::anomalies::anomalies))
        .routes(routes!(admin::anomalies::resolve_anomaly))
        .routes(routes!(
            admin::reconciliations::reconcile,
            admin::reconciliations::reconciliations
        ))
        .routes(routes!(admin::reconciliations::reconciliation))
}

/// The operations outside [`BASE`].
fn probes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(health::livez::livez))
        .routes(routes!(health::readyz::readyz))
}

/// Routes and description, from the one list.
pub fn described() -> (Router<App>, utoipa::openapi::OpenApi) {
    let (router, mut described) = OpenApiRouter::with_openapi(openapi::head())
        .nest(BASE, api())
        .merge(probes())
        .split_for_parts();
    openapi::finish(&mut described);
    (router, described)
}

/// The documentation asks nobody else about our description.
fn docs_config() -> Config<'static> {
    Config::from(OPENAPI).validator_url("none")
}

/// The whole HTTP surface.
pub fn router(app: App) -> Router {
    let (router, described) = described();
    // The description never changes while the process lives: it is written once.
    let description: axum::body::Bytes = described.to_json().unwrap_or_default().into();
    let json = [(http::header::CONTENT_TYPE, "application/json")];
    router
        .route(OPENAPI, get(move || async move { (json, description) }))
        .route("/", get(pages::home))
        .route("/problems/{code}", get(page::show))
        .merge(SwaggerUi::new(DOCS).config(docs_config()))
        .fallback(|| async { Problem::plain(Code::NotFound) })
        .method_not_allowed_fallback(|| async { Problem::plain(Code::MethodNotAllowed) })
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn_with_state(app.clone(), wrap_request))
        .with_state(app)
}
