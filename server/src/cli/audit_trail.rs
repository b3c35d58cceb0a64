//! `tot audit-trail`: the entries of `GET /admin/audit-trail`, by the same filters and cursors.

use std::net::IpAddr;

use api::{AuditEntryView, audit_cursor, audit_place};
use clap::Args;
use clap::builder::PossibleValuesParser;
use domain::ids::AccountId;
use identity::{
    AuditFilter, AuditKind, MasterKeys, People, PeopleOptions, TokenKeys, TrailHash, address_hashes,
    audit_results, parse_trail_hash,
};
use jiff::Timestamp;
use projections::Cursor;
use serde::Serialize;
use uuid::Uuid;

use super::date::moment;
use super::id::id;
use super::operator::{self, CommandResult};
use super::output::{self, Format};
use crate::compose;
use crate::config::{Environment, PeopleConfig};

/// Arguments of `tot audit-trail`.
#[derive(Debug, Args)]
pub struct AuditTrailArgs {
    /// Only of this sort: reads of personal data (`read`), what admins did (`act`), sign-ins, refused access and the like.
    #[arg(long, value_parser = PossibleValuesParser::new(AuditKind::ALL.map(AuditKind::as_str)))]
    kind: Option<String>,
    /// Only what ended so.
    #[arg(long, value_parser = PossibleValuesParser::new(audit_results()))]
    result: Option<String>,
    /// Only what this account read, asked for or did.
    #[arg(long, value_name = "ID", value_parser = id::<AccountId>)]
    account: Option<AccountId>,
    /// Only reads of this person's data, and what happened to their account.
    #[arg(long, value_name = "ID", value_parser = id::<Uuid>)]
    subject: Option<Uuid>,
    /// Only what was about this: a booking's id, a read model's name.
    #[arg(long, value_name = "ID")]
    target: Option<String>,
    /// Only of this trace.
    #[arg(long, value_name = "TRACE")]
    trace: Option<String>,
    /// Only from this client's address; needs the master keys, under which addresses are hashed.
    #[arg(long, value_name = "IP")]
    address: Option<IpAddr>,
    /// Only from the address with this keyed hash, as an entry has it.
    #[arg(long, value_name = "HASH", conflicts_with = "address", value_parser = hash)]
    address_hash: Option<TrailHash>,
    /// From this instant on, such as 2026-12-01T09:30:00Z, or from the beginning of a date in UTC.
    #[arg(long, value_name = "INSTANT", value_parser = moment)]
    from: Option<Timestamp>,
    /// Before this instant, or the beginning of a date in UTC.
    #[arg(long, value_name = "INSTANT", value_parser = moment)]
    to: Option<Timestamp>,
    /// Behind this entry: `next` over HTTP, or an entry's `cursor` with --json.
    #[arg(long, value_parser = cursor)]
    cursor: Option<Cursor>,
    /// How many at most, 1 to 200.
    #[arg(long, default_value_t = 50)]
    limit: u16,
}

/// An entry with the cursor behind which the next one is.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    entry: AuditEntryView,
    cursor: String,
}

fn cursor(text: &str) -> Result<Cursor, String> {
    let cursor = Cursor::parse(text).and_then(|cursor| audit_place(cursor).map(|_| cursor));
    cursor.map_err(|refusal| refusal.to_string())
}

fn hash(text: &str) -> Result<TrailHash, String> {
    parse_trail_hash(text).ok_or_else(|| "a hash has 32 lower-case hex digits".to_owned())
}

/// By which hashes of addresses is looked, if by any: under every master key there is.
fn hashes(args: &AuditTrailArgs, environment: &Environment) -> CommandResult<Option<Vec<TrailHash>>> {
    let Some(address) = args.address else {
        return Ok(args.address_hash.map(|hash| vec![hash]));
    };
    let config = PeopleConfig::read(environment)?;
    let keys = compose::load_master_keys(&config.master_keys)?;
    Ok(Some(address_hashes(&keys, address)))
}

/// Prints a page, the latest entry first.
pub async fn run(args: &AuditTrailArgs, environment: &Environment, format: Format) -> CommandResult {
    let limit = operator::limit(args.limit)?;
    let filter = AuditFilter {
        kind: args.kind.as_deref().and_then(AuditKind::parse),
        result: args.result.clone(),
        account_id: args.account,
        subject_id: args.subject,
        target: args.target.clone(),
        address_hashes: hashes(args, environment)?,
        trace_id: args.trace.clone(),
        from: args.from,
        to: args.to,
        before: args.cursor.map(audit_place).transpose()?,
        rows: i64::from(limit.rows()) + 1,
    };
    let log = operator::log(environment).await?;
    let people = People::new(
        log.pool().clone(),
        TokenKeys::none(),
        MasterKeys::none(),
        PeopleOptions::new(""),
    );
    let mut entries = people.audit_trail(&filter).await?;
    let has_more = entries.len() > usize::from(limit.rows());
    entries.truncate(usize::from(limit.rows()));
    let shown: Vec<Shown> = entries
        .into_iter()
        .map(|entry| Shown {
            cursor: audit_cursor(entry.place).encode(),
            entry: entry.into(),
        })
        .collect();
    output::print(format, &shown, |shown| table(shown, has_more, args.subject))?;
    Ok(())
}

fn table(shown: &[Shown], has_more: bool, sought: Option<Uuid>) -> String {
    let header = ["when", "who", "as", "what", "of", "result"];
    let rows: Vec<Vec<String>> = shown.iter().map(|shown| row(&shown.entry, sought)).collect();
    let table = output::table(&header, &rows);
    match shown.last().filter(|_| has_more) {
        Some(last) => format!("{table}\nmore: --cursor {}", last.cursor),
        None => table,
    }
}

/// Whose data it was: one of them, whoever is looked for first, and how many more. A page of a list tells of fifty.
fn people(subjects: &[Uuid], sought: Option<Uuid>) -> String {
    let told = sought.filter(|sought| subjects.contains(sought));
    match (told.as_ref().or_else(|| subjects.first()), subjects.len()) {
        (None, _) => String::new(),
        (Some(one), 1) => one.to_string(),
        (Some(one), several) => format!("{one} and {} more", several - 1),
    }
}

fn row(entry: &AuditEntryView, sought: Option<Uuid>) -> Vec<String> {
    let of = entry
        .target
        .clone()
        .unwrap_or_else(|| people(&entry.subject_ids, sought));
    let who = entry.account_id.map(|id| id.to_string());
    // Every command has an end, unless it was cut short or still runs.
    let open = if entry.channel == Some("cli") { "?" } else { "" };
    vec![
        entry.at.to_string(),
        who.or_else(|| entry.role.clone()).unwrap_or_default(),
        entry.os_user.clone().unwrap_or_default(),
        entry.what.clone(),
        of,
        match (&entry.result, &entry.made) {
            (Some(result), Some(made)) => format!("{result}: {made}"),
            (Some(result), None) => result.clone(),
            (None, _) => open.to_owned(),
        },
    ]
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::people;

    #[test]
    fn a_page_of_people_is_told_in_one_line_by_whoever_is_looked_for() {
        let all: Vec<Uuid> = (1..=50).map(Uuid::from_u128).collect();
        assert_eq!(people(&[], None), "");
        assert_eq!(people(&all[..1], None), all[0].to_string());
        assert_eq!(people(&all, None), format!("{} and 49 more", all[0]));
        assert_eq!(people(&all, Some(all[7])), format!("{} and 49 more", all[7]));
        let stranger = Some(Uuid::from_u128(99));
        assert_eq!(people(&all[..2], stranger), format!("{} and 1 more", all[0]));
    }
}
