//! `tot login`, `tot logout`, `tot whoami`: an admin signs in on the command line, and every command acts as that admin.

use std::io::{IsTerminal as _, Read as _, Write as _, stderr, stdin};

use clap::Args;
use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use identity::{
    Email, EventOrigin, FactorCode, IdentityError, IdentityRefusal, NewSecurityEvent, Password, People,
    Place, SecurityEvent, ValueRefusal, typed_hash,
};
use serde_json::json;

use super::operator::{self, CommandResult};
use super::operator_token;
use super::output::{self, Format};
use crate::config::Environment;

/// Hours a sign-in lasts unless told otherwise: a working day.
const HOURS_DEFAULT: i64 = 12;
/// The longest that can be asked for, for programs: a month.
const HOURS_MAX: i64 = 31 * 24;
/// More than any password may have.
const PASSWORD_BYTES_MAX: u64 = 4_096;

/// Arguments of `tot login`.
#[derive(Debug, Args)]
pub struct LoginArgs {
    /// The admin's e-mail address.
    #[arg(long)]
    email: String,
    /// Read the password from standard input; on a terminal it is asked for.
    #[arg(long)]
    password_stdin: bool,
    /// The code of the second factor: six digits of the app, or a recovery code; on a terminal it is asked for.
    #[arg(long)]
    code: Option<String>,
    /// For how many hours, 1 to 744.
    #[arg(long, default_value_t = HOURS_DEFAULT, value_parser = clap::value_parser!(i64).range(1..=HOURS_MAX))]
    hours: i64,
    /// Print the token for `TOT_OPERATOR_TOKEN` instead of keeping it.
    #[arg(long)]
    print: bool,
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    #[error("--email: {0}")]
    Email(#[source] ValueRefusal),
    #[error("the password: {0}")]
    Password(#[source] ValueRefusal),
    #[error("--code: {0}")]
    Code(#[source] ValueRefusal),
    #[error("standard input is no terminal: give --password-stdin and the password there")]
    NoTerminal,
    #[error("the code of the second factor is due: give --code")]
    CodeDue,
    #[error(
        "this admin has no second factor, without which nobody operates: `tot second-factor enrol --email <address>`"
    )]
    NoSecondFactor,
    #[error("given up")]
    GivenUp,
}

/// Signs in.
pub async fn login(args: LoginArgs, environment: &Environment, format: Format) -> CommandResult {
    let email = Email::parse(&args.email).map_err(LoginError::Email)?;
    let password = password(args.password_stdin)?;
    let password = Password::presented(&password).map_err(LoginError::Password)?;
    let (services, now) = operator::services(environment).await?;
    let people = &services.people;
    let account = match people.authenticate(&email, &password, Place::KNOWN).await {
        Ok(account) => account,
        Err(error) => {
            if matches!(error, IdentityError::Refused(IdentityRefusal::WrongCredentials)) {
                people.record_event(failed(people, &email).await?).await?;
            }
            return Err(error.into());
        }
    };
    operator::require_admin(account.role)?;
    if !account.active {
        return Err(IdentityError::from(IdentityRefusal::Deactivated).into());
    }
    if people.second_factor(account.id).await?.is_none() {
        return Err(LoginError::NoSecondFactor.into());
    }
    let code = code(args.code)?;
    if let Err(error) = people.take_code(account.id, &code, now).await {
        if matches!(error, IdentityError::Refused(IdentityRefusal::WrongCode)) {
            let event = NewSecurityEvent::new(SecurityEvent::SignInWrongCode, on_command_line());
            people.record_event(event.about(Some(account.id))).await?;
        }
        return Err(error.into());
    }
    let event = NewSecurityEvent::new(SecurityEvent::SignedIn, on_command_line());
    let by = Some((account.id, account.role));
    people.record_event(event.by(by).about(Some(account.id))).await?;
    let opened = services
        .people
        .open_operator_session(account.id, args.hours, now)
        .await?;
    if args.print {
        let said = json!({"token": opened.token.expose(), "expires_at": opened.expires_at});
        output::print(format, &said, |_| opened.token.expose().to_owned())?;
        return Ok(());
    }
    let kept = match operator_token::keep(environment, &opened.token) {
        Ok(kept) => kept,
        Err(error) => {
            // Nobody has its token: it is not to stay open for hours.
            services.people.logout(opened.session_id, now).await?;
            return Err(error.into());
        }
    };
    let said = json!({"id": account.id, "expires_at": opened.expires_at, "kept_in": kept});
    output::print(format, &said, |_| {
        format!(
            "signed in as {} until {}, kept in {}",
            account.id,
            opened.expires_at,
            kept.display()
        )
    })?;
    Ok(())
}

/// That somebody could not sign in, as the audit trail tells it.
async fn failed(people: &People, email: &Email) -> Result<NewSecurityEvent, IdentityError> {
    let Some(account) = people.account_with_email(email).await? else {
        let mut event = NewSecurityEvent::new(SecurityEvent::SignInUnknownAccount, on_command_line());
        event.typed_hash = typed_hash(people.master_keys(), email);
        return Ok(event);
    };
    let event = NewSecurityEvent::new(SecurityEvent::SignInWrongPassword, on_command_line());
    Ok(event.about(Some(account.id)))
}

fn on_command_line() -> EventOrigin {
    EventOrigin::command_line("tot login", operator::trace())
}

/// Signs out, here and in the database. Signing out twice is signing out once.
pub async fn logout(environment: &Environment, format: Format) -> CommandResult {
    let Some(token) = operator_token::given(environment)? else {
        output::print(format, &json!({"signed_out": false}), |_| {
            "nobody was signed in".to_owned()
        })?;
        return Ok(());
    };
    let (services, now) = operator::services(environment).await?;
    if let Some(operator) = services.people.operator(&token, now).await? {
        services.people.logout(operator.session_id, now).await?;
    }
    operator_token::forget(environment)?;
    output::print(format, &json!({"signed_out": true}), |_| "signed out".to_owned())?;
    Ok(())
}

/// Says who is signed in, and until when.
pub async fn whoami(environment: &Environment, format: Format) -> CommandResult {
    let signed_in = operator::signed_in(environment, "tot whoami".to_owned()).await?;
    let (account, until) = (&signed_in.operator.account, signed_in.operator.expires_at);
    let said = json!({
        "id": account.id, "role": account.role.as_str(), "email": account.email.as_str(), "expires_at": until,
    });
    output::print(format, &said, |_| {
        format!(
            "{} {} ({}) until {until}",
            account.role.as_str(),
            account.id,
            account.email.as_str()
        )
    })?;
    Ok(())
}

/// The code that was given, or is typed now.
fn code(given: Option<String>) -> CommandResult<FactorCode> {
    let text = match given {
        Some(text) => text,
        None if stdin().is_terminal() => prompted("Code: ")?,
        None => return Err(LoginError::CodeDue.into()),
    };
    Ok(FactorCode::parse(&text).map_err(LoginError::Code)?)
}

/// The password, from standard input or as it is typed.
pub fn password(from_stdin: bool) -> CommandResult<String> {
    if from_stdin {
        let mut text = String::new();
        stdin().take(PASSWORD_BYTES_MAX).read_to_string(&mut text)?;
        return Ok(text.trim_end_matches(['\r', '\n']).to_owned());
    }
    if !stdin().is_terminal() {
        return Err(LoginError::NoTerminal.into());
    }
    prompted("Password: ")
}

/// What is typed at this prompt.
fn prompted(prompt: &str) -> CommandResult<String> {
    write!(stderr(), "{prompt}")?;
    stderr().flush()?;
    enable_raw_mode()?;
    let typed = typed();
    disable_raw_mode()?;
    writeln!(stderr())?;
    typed
}

/// What is typed up to the end of the line; none of it is shown.
fn typed() -> CommandResult<String> {
    let mut text = String::new();
    loop {
        let Event::Key(key) = event::read()? else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if key.code == KeyCode::Enter {
            return Ok(text);
        }
        if key.code == KeyCode::Backspace {
            text.pop();
        }
        if let KeyCode::Char(letter) = key.code {
            match (control, letter) {
                (true, 'c' | 'd') => return Err(LoginError::GivenUp.into()),
                (true, _) => {}
                (false, letter) => text.push(letter),
            }
        }
    }
}
