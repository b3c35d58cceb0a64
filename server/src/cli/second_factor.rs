//! `tot second-factor`: an admin's authenticator app is enrolled where no API is open yet, and a code is computed where no app is at hand.

use clap::{Args, Subcommand};
use commands::CommandServices;
use domain::ids::AccountId;
use identity::{Email, FactorCode, Password, Place, RecoveryCode, TotpSecret, ValueRefusal};
use jiff::Timestamp;
use serde_json::json;

use super::login::{self, LoginError};
use super::operator::{self, CommandResult};
use super::output::{self, Format};
use crate::config::Environment;

/// Where the platform is whose time a code is computed at.
const DATABASE_URL: &str = "TOT_DATABASE_URL";

/// `tot second-factor …`.
#[derive(Debug, Subcommand)]
pub enum SecondFactorCommand {
    /// Print the secret for the app, this once; it counts once its first code is confirmed, within ten minutes.
    Enrol(WhoArgs),
    /// Bring the app's first code: from then on signing in asks for one. Prints the recovery codes, this once; every session ends.
    Confirm {
        #[command(flatten)]
        who: WhoArgs,
        /// The six digits that the app shows.
        #[arg(long)]
        code: String,
    },
    /// Print the code of a secret, at the platform's time where TOT_DATABASE_URL is set, else at this machine's. The secret is read from
    /// standard input.
    Code,
}

/// Whose app it is.
#[derive(Debug, Args)]
pub struct WhoArgs {
    /// The admin's e-mail address.
    #[arg(long)]
    email: String,
    /// Read the password from standard input; on a terminal it is asked for.
    #[arg(long)]
    password_stdin: bool,
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum SecondFactorError {
    #[error("the secret on standard input: {0}")]
    Secret(#[source] ValueRefusal),
}

/// Enrols, confirms or computes.
pub async fn run(command: SecondFactorCommand, environment: &Environment, format: Format) -> CommandResult {
    match command {
        SecondFactorCommand::Enrol(who) => enrol(who, environment, format).await,
        SecondFactorCommand::Confirm { who, code } => confirm(who, &code, environment, format).await,
        SecondFactorCommand::Code => code(environment, format).await,
    }
}

async fn enrol(who: WhoArgs, environment: &Environment, format: Format) -> CommandResult {
    let (services, now) = operator::services(environment).await?;
    let (id, password) = admin(&who, &services).await?;
    let enrolment = services.people.enrol_totp(id, &password, now).await?;
    let secret = enrolment.secret.base32();
    let said = json!({"secret": secret, "uri": enrolment.uri, "expires_at": enrolment.expires_at});
    output::print(format, &said, |_| {
        let email = &who.email;
        format!(
            "secret: {secret}\nfor a QR code: {}\n\nWith the code that the app shows: \
             `tot second-factor confirm --email {email} --code <code>`",
            enrolment.uri
        )
    })?;
    Ok(())
}

async fn confirm(who: WhoArgs, code: &str, environment: &Environment, format: Format) -> CommandResult {
    let code = FactorCode::parse(code).map_err(LoginError::Code)?;
    let (services, now) = operator::services(environment).await?;
    let (id, _) = admin(&who, &services).await?;
    let codes = services.people.confirm_totp_elsewhere(id, &code, now).await?;
    let codes: Vec<String> = codes.iter().map(RecoveryCode::expose).collect();
    output::print(format, &json!({"id": id, "recovery_codes": codes}), |_| {
        format!(
            "The app counts from now on. Keep these codes for when it is lost; each works once, and nobody can show them again:\n{}",
            codes.join("\n")
        )
    })?;
    Ok(())
}

async fn code(environment: &Environment, format: Format) -> CommandResult {
    let secret = login::password(true)?;
    let secret = TotpSecret::parse(&secret).map_err(SecondFactorError::Secret)?;
    // A platform for development may be ahead of this machine.
    let now = if environment.get(DATABASE_URL).is_some() {
        operator::log(environment).await?.clock().now()
    } else {
        machine_time()
    };
    let code = secret.code_at(now).digits();
    output::print(format, &json!({"code": code, "at": now}), |_| code.clone())?;
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "without a platform there is no time but this machine's, and nothing is recorded"
)]
fn machine_time() -> Timestamp {
    Timestamp::now()
}

/// The admin whose password was given.
async fn admin(who: &WhoArgs, services: &CommandServices) -> CommandResult<(AccountId, Password)> {
    let email = Email::parse(&who.email).map_err(LoginError::Email)?;
    let password = login::password(who.password_stdin)?;
    let password = Password::presented(&password).map_err(LoginError::Password)?;
    let account = services
        .people
        .authenticate(&email, &password, Place::KNOWN)
        .await?;
    operator::require_admin(account.role)?;
    Ok((account.id, password))
}
