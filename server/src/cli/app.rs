//! `tot app`: third parties' programs that sign in by credentials of their own, as whoever is signed in makes them.

use std::error::Error;

use clap::{Args, Subcommand};
use domain::apps::{AppScope, AppScopes};
use domain::ids::{AppId, AppSecretId};
use identity::{
    App, AppError, AppLimits, AppMade, AppName, AppRefusal, NewApp, OVERLAP_HOURS_MAX, RATE_MAX, ValueRefusal,
};
use serde_json::{Value, json};

use super::id::id;
use super::missing::Missing;
use super::operator::{self, CommandResult, SignedIn};
use super::output::{self, Format};
use super::trail;
use crate::config::Environment;

/// `tot app …`.
#[derive(Debug, Subcommand)]
pub enum AppCommand {
    /// Make an app; its secret is printed this once.
    Create(CreateArgs),
    /// List apps, the oldest first, with their secrets' ids.
    List(ListArgs),
    /// Give an app a new secret, printed this once; the one before goes on for a while.
    Rotate {
        /// The app.
        #[arg(value_parser = id::<AppId>)]
        id: AppId,
        /// Hours for which the secret of before is taken beside the new one; 0 ends it at once.
        #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(i64).range(0..=OVERLAP_HOURS_MAX))]
        overlap_hours: i64,
    },
    /// End a secret of an app at once, with the tokens that were had by it.
    Revoke {
        /// The app.
        #[arg(value_parser = id::<AppId>)]
        id: AppId,
        /// The secret's id, as `tot app list` shows it.
        #[arg(value_parser = id::<AppSecretId>)]
        secret: AppSecretId,
    },
    /// Switch an app off: its secrets end for good, its tokens at once.
    Deactivate {
        /// The app.
        #[arg(value_parser = id::<AppId>)]
        id: AppId,
    },
    /// Switch an app on again; it needs a new secret then.
    Reactivate {
        /// The app.
        #[arg(value_parser = id::<AppId>)]
        id: AppId,
    },
}

/// Arguments of `tot app create`.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// What patients are shown of it.
    #[arg(long)]
    name: String,
    /// What it may do at most; may be given several times: `bookings:read`, `bookings:write`, `payments:read`, `payments:write`.
    #[arg(long = "scope", required = true, value_parser = scope)]
    scopes: Vec<AppScope>,
    /// How many requests it may make in a minute.
    #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u32).range(1..=i64::from(RATE_MAX)))]
    requests_per_minute: u32,
    /// How many of them may change something.
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u32).range(1..=i64::from(RATE_MAX)))]
    writes_per_minute: u32,
}

/// Arguments of `tot app list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Behind this app, the last of the page before.
    #[arg(long, value_parser = id::<AppId>)]
    after: Option<AppId>,
    /// How many at most, 1 to 200.
    #[arg(long, default_value_t = 50)]
    limit: u16,
}

/// Why no app was made.
#[derive(Debug, thiserror::Error)]
#[error("--name: {0}")]
pub struct WrongName(ValueRefusal);

fn scope(word: &str) -> Result<AppScope, String> {
    AppScope::parse(word).ok_or_else(|| format!("one of {}", AppScope::ALL.map(AppScope::as_str).join(", ")))
}

/// Makes, lists or does.
pub async fn run(command: AppCommand, environment: &Environment, format: Format) -> CommandResult {
    match command {
        AppCommand::Create(args) => create(args, environment, format).await,
        AppCommand::List(args) => list(args, environment, format).await,
        AppCommand::Rotate { id, overlap_hours } => {
            let signed_in = operator::signed_in(environment, format!("tot app rotate {id}")).await?;
            let people = &signed_in.services.people;
            let made = people.rotate_app_secret(id, overlap_hours, now(&signed_in)).await;
            made_known(format, made.map_err(named(id))?)
        }
        AppCommand::Revoke { id, secret } => {
            let signed_in = operator::signed_in(environment, format!("tot app revoke {id} {secret}")).await?;
            let people = &signed_in.services.people;
            let left = people.revoke_app_secret(id, secret, now(&signed_in)).await;
            said(format, &left.map_err(named(id))?)
        }
        AppCommand::Deactivate { id } => {
            let signed_in = operator::signed_in(environment, format!("tot app deactivate {id}")).await?;
            let off = signed_in
                .services
                .people
                .deactivate_app(id, now(&signed_in))
                .await;
            said(format, &off.map_err(named(id))?)
        }
        AppCommand::Reactivate { id } => {
            let signed_in = operator::signed_in(environment, format!("tot app reactivate {id}")).await?;
            let on = signed_in
                .services
                .people
                .reactivate_app(id, now(&signed_in))
                .await;
            said(format, &on.map_err(named(id))?)
        }
    }
}

async fn create(args: CreateArgs, environment: &Environment, format: Format) -> CommandResult {
    let new = NewApp {
        name: AppName::parse(&args.name).map_err(WrongName)?,
        scopes: AppScopes::from_iter(args.scopes),
        limits: AppLimits {
            requests_per_minute: args.requests_per_minute,
            writes_per_minute: args.writes_per_minute,
        },
    };
    let command = "tot app create";
    let signed_in = operator::signed_in(environment, command.to_owned()).await?;
    let actor = signed_in.reader(command);
    let people = &signed_in.services.people;
    let made = people.create_app(&actor, new, now(&signed_in)).await?;
    trail::tell_made(made.app.id);
    made_known(format, made)
}

async fn list(args: ListArgs, environment: &Environment, format: Format) -> CommandResult {
    let rows = operator::limit(args.limit)?.rows();
    let signed_in = operator::signed_in(environment, "tot app list".to_owned()).await?;
    let (people, now) = (&signed_in.services.people, now(&signed_in));
    let after = match args.after {
        None => None,
        Some(id) => {
            let last = people.app(id, now).await.map_err(named(id))?;
            Some((last.created_at, last.id.uuid()))
        }
    };
    let mut apps = people.apps(after, i64::from(rows) + 1, now).await?;
    let more = apps.len() > usize::from(rows);
    apps.truncate(usize::from(rows));
    let more = apps
        .last()
        .filter(|_| more)
        .map(|last| format!("--after {}", last.id));
    let shown: Vec<Value> = apps.iter().map(shown).collect();
    output::print_list(format, &shown, more.as_deref(), |_| table(&apps))?;
    Ok(())
}

fn now(signed_in: &SignedIn) -> jiff::Timestamp {
    signed_in.services.log.clock().now()
}

/// Names what is not there.
fn named(id: AppId) -> impl FnOnce(AppError) -> Box<dyn Error> {
    move |error| match error {
        AppError::Refused(AppRefusal::NoSuchApp) => Missing::new("app", id).into(),
        AppError::Refused(_) | AppError::Identity(_) => error.into(),
    }
}

fn shown(app: &App) -> Value {
    let secret = |secret: &identity::AppSecretEntry| json!({"id": secret.id, "created_at": secret.created_at, "ends_at": secret.ends_at});
    json!({
        "id": app.id,
        "name": app.name.as_str(),
        "scopes": app.scopes.words(),
        "requests_per_minute": app.limits.requests_per_minute,
        "writes_per_minute": app.limits.writes_per_minute,
        "secrets": app.secrets.iter().map(secret).collect::<Vec<_>>(),
        "created_at": app.created_at,
        "created_by": app.created_by,
        "deactivated_at": app.deactivated_at,
    })
}

fn table(apps: &[App]) -> String {
    let secret = |secret: &identity::AppSecretEntry| match secret.ends_at {
        None => secret.id.to_string(),
        Some(ends_at) => format!("{} until {ends_at}", secret.id),
    };
    let row = |app: &App| {
        vec![
            app.id.to_string(),
            app.name.as_str().to_owned(),
            app.scopes.to_string(),
            app.deactivated_at
                .map_or_else(|| "on".to_owned(), |at| format!("off since {at}")),
            app.secrets.iter().map(secret).collect::<Vec<_>>().join(", "),
        ]
    };
    let rows: Vec<Vec<String>> = apps.iter().map(row).collect();
    output::table(&["app", "name", "scopes", "state", "secrets"], &rows)
}

/// How the app stands after a command.
fn said(format: Format, app: &App) -> CommandResult {
    output::print(format, &shown(app), |_| {
        let state = if app.deactivated_at.is_some() { "off" } else { "on" };
        format!(
            "{} {} is {state}; secrets: {}",
            app.id,
            app.name.as_str(),
            app.secrets.len()
        )
    })?;
    Ok(())
}

/// An app with a secret that nobody tells again.
fn made_known(format: Format, made: AppMade) -> CommandResult {
    let secret = made.secret.expose().to_owned();
    output::print(
        format,
        &json!({"app": shown(&made.app), "client_secret": secret}),
        |_| format!("client_id {}\nclient_secret {secret}", made.app.id),
    )?;
    Ok(())
}
