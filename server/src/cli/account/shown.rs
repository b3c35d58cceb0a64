//! What `tot account` prints: documents for programs, lines for people.

use commands::accounts::AccountAct;
use commands::{AccountState, CommandOutcome};
use domain::account::events::AccountField;
use domain::account::{Standing, Verification};
use identity::{AccountDetails, AccountEntry, AccountPage, SessionEntry};
use serde_json::{Value, json};

use super::super::output;

/// A page of accounts.
pub fn page(page: &AccountPage) -> Value {
    page.items.iter().map(entry).collect()
}

/// The same in columns.
pub fn table(page: &AccountPage) -> String {
    let rows: Vec<Vec<String>> = page.items.iter().map(row).collect();
    output::table(
        &["account", "role", "standing", "name", "e-mail", "clinic"],
        &rows,
    )
}

/// One account whole.
pub fn details(details: &AccountDetails, state: &CommandOutcome<AccountState>, acts: &[AccountAct]) -> Value {
    json!({
        "account": entry(&details.entry), "standing": state.answer.account.standing,
        "verification": state.answer.account.verification, "version": state.version,
        "acts": acts.iter().map(act).collect::<Vec<_>>(),
        "sessions": details.sessions.iter().map(session).collect::<Vec<_>>(),
    })
}

/// The same in lines.
pub fn lines(details: &AccountDetails, state: &CommandOutcome<AccountState>, acts: &[AccountAct]) -> String {
    let account = &details.entry.account;
    let phone = account
        .phone
        .as_ref()
        .map_or("no telephone", |phone| phone.as_str());
    let mut lines = vec![
        standing_line(&state.answer),
        format!(
            "    {} {}, {}, {phone}",
            account.first_name.as_str(),
            account.last_name.as_str(),
            account.email.as_str()
        ),
        format!("    made {}", account.created_at),
    ];
    lines.extend(details.entry.clinic.iter().map(|clinic| format!("    {clinic}")));
    if let Some(doctor) = &details.doctor {
        let verified = details.entry.verified_at.map_or_else(
            || "not verified".to_owned(),
            |since| format!("verified since {since}"),
        );
        lines.push(format!("    {}, {verified}", doctor.specialization.as_str()));
    }
    lines.extend(acts.iter().map(act_line));
    lines.extend(details.sessions.iter().map(session_line));
    lines.push(format!("    history: tot stream show account {}", account.id));
    lines.join("\n")
}

/// How an account stands after a command.
pub fn standing(done: &CommandOutcome<AccountState>) -> Value {
    json!({
        "id": done.answer.account_id, "role": done.answer.role.as_str(),
        "is_active": done.answer.account.is_active(), "standing": done.answer.account.standing,
        "verification": done.answer.account.verification,
        "changed": done.answer.changed.iter().copied().map(AccountField::as_str).collect::<Vec<_>>(),
        "position": done.position, "version": done.version,
    })
}

/// The same in a line.
pub fn standing_line(state: &AccountState) -> String {
    let mut line = format!("{} {}", state.role.as_str(), state.account_id);
    match &state.account.standing {
        Standing::Active => line.push_str(" is active"),
        Standing::Deactivated { reason, at, .. } => {
            line.push_str(&format!(" is deactivated since {at}: {}", reason.as_str()));
        }
    }
    match &state.account.verification {
        Verification::Unsaid => {}
        Verification::Applied => line.push_str(", applied"),
        Verification::Refused { reason, .. } => line.push_str(&format!(", refused: {}", reason.as_str())),
        Verification::Verified => line.push_str(", verified"),
        Verification::Unverified { reason } => line.push_str(&format!(", not verified: {}", reason.as_str())),
    }
    if !state.changed.is_empty() {
        let fields: Vec<&str> = state.changed.iter().copied().map(AccountField::as_str).collect();
        line.push_str(&format!(", changed: {}", fields.join(", ")));
    }
    line
}

fn entry(entry: &AccountEntry) -> Value {
    let account = &entry.account;
    json!({
        "id": account.id, "role": account.role.as_str(), "is_active": account.active,
        "email": account.email.as_str(), "phone": account.phone.as_ref().map(|phone| phone.as_str()),
        "first_name": account.first_name.as_str(), "last_name": account.last_name.as_str(),
        "created_at": account.created_at, "deactivated_at": entry.deactivated_at,
        "clinic_id": entry.clinic_id, "clinic": entry.clinic, "verified_at": entry.verified_at, "applied_at": entry.applied_at,
    })
}

fn row(entry: &AccountEntry) -> Vec<String> {
    let account = &entry.account;
    let standing = match (account.active, account.role, entry.verified_at) {
        (false, ..) => "deactivated",
        (true, domain::people::Role::Doctor, None) => "not verified",
        (true, ..) => "active",
    };
    vec![
        account.id.to_string(),
        account.role.as_str().to_owned(),
        standing.to_owned(),
        format!("{} {}", account.first_name.as_str(), account.last_name.as_str()),
        account.email.as_str().to_owned(),
        entry.clinic.clone().unwrap_or_default(),
    ]
}

fn act(act: &AccountAct) -> Value {
    json!({"act": act.act, "reason": act.reason, "note": act.note, "by": act.by, "at": act.at})
}

fn act_line(act: &AccountAct) -> String {
    let mut line = format!("    {} {}", act.at, act.act.replace('_', " "));
    if let Some(by) = act.by {
        line.push_str(&format!(" by {by}"));
    }
    let why = [
        act.reason.map(str::to_owned),
        act.note.as_ref().map(|note| format!("“{note}”")),
    ];
    let why: Vec<String> = why.into_iter().flatten().collect();
    if !why.is_empty() {
        line.push_str(&format!(": {}", why.join(", ")));
    }
    line
}

fn session(session: &SessionEntry) -> Value {
    json!({
        "id": session.id, "on_command_line": session.on_command_line, "created_at": session.created_at,
        "last_used_at": session.last_used_at, "expires_at": session.expires_at, "ended_at": session.ended_at,
        "ended_reason": session.ended_reason,
    })
}

fn session_line(session: &SessionEntry) -> String {
    let end = match (&session.ended_at, &session.ended_reason) {
        (Some(at), Some(reason)) => format!("ended {at}: {reason}"),
        (Some(_) | None, _) => format!("until {}", session.expires_at),
    };
    let way = if session.on_command_line {
        " on the command line"
    } else {
        ""
    };
    format!(
        "    session {}{way} from {}, last used {}, {end}",
        session.id, session.created_at, session.last_used_at
    )
}
