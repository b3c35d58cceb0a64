//! Endpoints of clinics and admins that are told what happens, signed by Standard Webhooks.

pub mod change;
pub mod create;
pub mod deliveries;
pub mod list;
pub mod replay;
pub mod secret;

use commands::policy::MayKeepWebhooks;
use domain::people::Role;
use identity::{AuditTarget, OperatorAct};
use serde_json::value::RawValue;
use uuid::Uuid;
use webhooks::EventType;
use webhooks::address::{EndpointUrl, Loopback, URL_BYTES_MAX};
use webhooks::endpoints::EndpointScope;

use crate::app::App;
use crate::extract::read::{Parsed, one_of_in, parsed};
use crate::extract::request::Caller;
use crate::problem::Problem;
use crate::problem::field_error::FieldProblem;
use crate::security_events::record_act;

/// Which endpoints the caller may see and change: admins all, others their own.
pub fn scope(caller: &Caller<MayKeepWebhooks>) -> EndpointScope {
    match caller.role() {
        Role::Admin => EndpointScope::Everybodys,
        Role::Patient | Role::Doctor | Role::Clinic | Role::Analyst => EndpointScope::Of(caller.id().uuid()),
    }
}

/// Records what the caller is about to have done to an endpoint.
async fn record(
    app: &App,
    caller: &Caller<MayKeepWebhooks>,
    act: OperatorAct,
    id: Uuid,
) -> Result<(), Problem> {
    let kind = match act {
        OperatorAct::RetryWebhookDelivery => "webhook_delivery",
        OperatorAct::Rebuild
        | OperatorAct::Unpark
        | OperatorAct::RetryIntent
        | OperatorAct::Reconcile
        | OperatorAct::Export
        | OperatorAct::CreateAccount
        | OperatorAct::CreateApp
        | OperatorAct::ResetSecondFactor
        | OperatorAct::CreateWebhookEndpoint
        | OperatorAct::EditWebhookEndpoint
        | OperatorAct::DeleteWebhookEndpoint
        | OperatorAct::RotateWebhookSecret
        | OperatorAct::TestWebhookEndpoint
        | OperatorAct::ReplayWebhookEndpoint => "webhook_endpoint",
    };
    record_act(app, caller, act, AuditTarget::new(kind, id)).await
}

/// An address, as far as its text tells that it may be called by any deployment; [`allowed`] asks this one.
fn url(raw: &RawValue) -> Parsed<EndpointUrl> {
    parsed(
        |text: &str| EndpointUrl::parse(text, Loopback::Allowed),
        URL_BYTES_MAX,
    )(raw)
}

/// The address, if this deployment calls it.
///
/// # Errors
/// `invalid`: an address on this machine where that is not allowed.
fn allowed(app: &App, url: &EndpointUrl) -> Result<(), Problem> {
    let loopback = app.webhooks()?.loopback;
    match EndpointUrl::parse(url.url().as_str(), loopback) {
        Ok(_) => Ok(()),
        Err(refusal) => Err(Problem::invalid(vec![FieldProblem::from(refusal).at("/url")])),
    }
}

/// Names of events, each once.
fn event_types(raw: &RawValue) -> Parsed<Vec<EventType>> {
    let words: Vec<String> = serde_json::from_str(raw.get())
        .map_err(|_| FieldProblem::new("not_a_list", "must be a list of names of events"))?;
    if words.is_empty() {
        return Err(FieldProblem::new("empty", "must not be empty"));
    }
    let most = EventType::ALL.len();
    if words.len() > most {
        return Err(FieldProblem::new(
            "too_many",
            format!("has at most {most} entries"),
        ));
    }
    let names = EventType::ALL.map(EventType::as_str).join(", ");
    let mut read = Vec::with_capacity(words.len());
    for word in &words {
        let event_type = one_of_in(word, EventType::parse, &names)?;
        if read.contains(&event_type) {
            return Err(FieldProblem::new("repeated", "stands here more than once"));
        }
        read.push(event_type);
    }
    Ok(read)
}
