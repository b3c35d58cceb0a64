//! Whether the process should be sent requests, and why not.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use event_store::generations;
use jiff::Timestamp;
use projections::Model;
use serde::Serialize;
use utoipa::ToSchema;
use webhooks::gauges::standing;

use crate::app::App;
use crate::connections::CertificateState;
use crate::problem::{Code, Problem};

/// A certificate is renewed a month before it expires, as a rule; then something is wrong with that.
const EXPIRES_SOON_DAYS: i64 = 14;
/// How long the database may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// A process that should be sent requests.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "status": "ready",
    "checks": [{"name": "log", "ok": true, "required": true, "detail": "answers"}]
}))]
pub struct ReadyView {
    /// Always `ready`; otherwise the answer is a 503 with the same checks.
    #[schema(value_type = String)]
    pub status: &'static str,
    /// What was looked at.
    pub checks: Vec<CheckView>,
}

/// One thing this process depends on.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CheckView {
    /// Which.
    #[schema(value_type = String, example = "log")]
    pub name: &'static str,
    /// Whether it is as it should be.
    pub ok: bool,
    /// Whether the process is unready without it; what is not required is a warning.
    pub required: bool,
    /// In words.
    pub detail: String,
}

/// Ask whether the process is ready
///
/// For anyone. The log and its clock are required, a live generation of each read model, and that no task of the process
/// has died; everything else only warns.
#[utoipa::path(get, path = "/readyz", tag = "platform",
    responses((status = 200, description = "Ready", body = ReadyView)))]
pub async fn readyz(State(app): State<App>) -> Result<Json<ReadyView>, Problem> {
    let mut checks = vec![log(&app).await, bus(&app), tasks(&app)];
    checks.push(read_models(&app).await);
    checks.push(prices(&app).await);
    checks.push(notary(&app).await);
    checks.push(webhooks(&app).await);
    checks.push(certificate(&app));
    checks.push(rate_limits(&app));
    checks.iter().for_each(measure);
    if checks.iter().all(|check| check.ok || !check.required) {
        return Ok(Json(ReadyView {
            status: "ready",
            checks,
        }));
    }
    let reasons: Vec<&str> = checks
        .iter()
        .filter(|check| check.required && !check.ok)
        .map(|check| check.name)
        .collect();
    let detail = format!("not ready: {}", reasons.join(", "));
    let checks = serde_json::to_value(&checks).unwrap_or_default();
    let problem = Problem::new(Code::Unavailable, detail);
    let problem = problem.in_russian(format!("не готово: {}", reasons.join(", ")));
    Err(problem.with_member("checks", checks))
}

/// Whoever asks whether to send requests asks often enough for a gauge.
fn measure(check: &CheckView) {
    let labels = [
        ("check", check.name),
        ("required", if check.required { "true" } else { "false" }),
    ];
    metrics::gauge!("tot_ready_check_ok", &labels).set(if check.ok { 1.0 } else { 0.0 });
}

async fn log(app: &App) -> CheckView {
    let detail = match app.log().ready() {
        Err(unready) => Err(unready.to_string()),
        Ok(()) => match tokio::time::timeout(ANSWER_WITHIN, app.log().head()).await {
            Ok(Ok(head)) => Ok(format!("answers, head {head}")),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_late) => Err("the database does not answer".to_owned()),
        },
    };
    check("log", true, detail)
}

fn bus(app: &App) -> CheckView {
    let detail = match app.bus() {
        None => Ok("not used by this process".to_owned()),
        Some(bus) if bus.connected() => Ok("connected".to_owned()),
        Some(_) => Err("not connected; read models catch up from the log".to_owned()),
    };
    check("nats", false, detail)
}

/// What this process does beside answering.
fn tasks(app: &App) -> CheckView {
    let detail = match app.dead_task() {
        None => Ok("all alive".to_owned()),
        Some(name) => Err(format!("{name} has died; the process ends")),
    };
    check("tasks", true, detail)
}

/// Without a price list nothing can be booked, but all else is served: a warning.
async fn prices(app: &App) -> CheckView {
    let listed = tokio::time::timeout(ANSWER_WITHIN, app.services().prices.now()).await;
    let detail = match listed {
        Ok(Ok(prices)) => Ok(format!("list {} is in force", prices.list().version)),
        Ok(Err(error)) => Err(format!("{error}; `tot prices publish` publishes one")),
        Err(_late) => Err("the database does not answer".to_owned()),
    };
    check("prices", false, detail)
}

/// Facts are hashed and signed behind everybody's back: that nobody does is a warning, and stops nothing else.
async fn notary(app: &App) -> CheckView {
    let status = tokio::time::timeout(ANSWER_WITHIN, audit::status(&app.models().pool)).await;
    let detail = match status {
        Ok(Ok(status)) => status.judge(app.settings().notary_interval),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_late) => Err("the database does not answer".to_owned()),
    };
    check("notary", false, detail)
}

/// Endpoints are told behind everybody's back, too.
async fn webhooks(app: &App) -> CheckView {
    let detail = match app.webhooks() {
        Err(_none) => Ok("not used by this process".to_owned()),
        Ok(webhooks) => match tokio::time::timeout(ANSWER_WITHIN, standing(&webhooks.pool)).await {
            Ok(Ok(standing)) => standing.judge(),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_late) => Err("the database does not answer".to_owned()),
        },
    };
    check("webhooks", false, detail)
}

/// Without Redis limits hold in each process by itself: several of them let more through than one would.
fn rate_limits(app: &App) -> CheckView {
    let detail = match app.throttles().shared() {
        None => Ok("counted in this process".to_owned()),
        Some(shared) if shared.is_up() => Ok("counted together with other processes".to_owned()),
        Some(_) => Err("degraded: Redis does not answer, and each process counts by itself".to_owned()),
    };
    check("rate_limits", false, detail)
}

/// The process' own certificate: a warning long before clients refuse it, or where changed files cannot be used.
fn certificate(app: &App) -> CheckView {
    let detail = match app.certificate() {
        None => Ok("not used by this process".to_owned()),
        Some(state) => judge(&state, app.log().clock().now()),
    };
    check("certificate", false, detail)
}

fn judge(state: &CertificateState, now: Timestamp) -> Result<String, String> {
    let days = state.valid_until.duration_since(now).as_hours() / 24;
    match &state.fault {
        Some(fault) => Err(format!(
            "the files have changed and cannot be used: {fault}; the certificate before is served, {days} days until it expires"
        )),
        None if days < EXPIRES_SOON_DAYS => Err(format!("{days} days until the certificate expires")),
        None => Ok(format!("{days} days until it expires")),
    }
}

/// Each read model must have a live generation of the shape this code reads.
async fn read_models(app: &App) -> CheckView {
    let listed = tokio::time::timeout(ANSWER_WITHIN, generations::list(&app.models().pool)).await;
    let detail = match listed {
        Ok(Ok(listed)) => {
            let is_live = |model: &Model| {
                listed.iter().any(|generation| {
                    generation.model == model.name()
                        && generation.schema_version == model.schema_version()
                        && generation.state == "live"
                })
            };
            let missing: Vec<&str> = Model::ALL
                .iter()
                .filter(|model| !is_live(model))
                .map(|model| model.name())
                .collect();
            if missing.is_empty() {
                Ok("live".to_owned())
            } else {
                Err(format!("no live generation of {}", missing.join(", ")))
            }
        }
        Ok(Err(error)) => Err(error.to_string()),
        Err(_late) => Err("the database does not answer".to_owned()),
    };
    check("read_models", true, detail)
}

fn check(name: &'static str, required: bool, detail: Result<String, String>) -> CheckView {
    let ok = detail.is_ok();
    let (Ok(detail) | Err(detail)) = detail;
    CheckView {
        name,
        ok,
        required,
        detail,
    }
}
