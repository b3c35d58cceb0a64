//! A person's visits as other calendars read them: by a link, without signing in.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain::ids::{AccountId, DoctorId, PatientId};
use domain::people::Role;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use identity::CalendarToken;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use projections::bookings::query::feed::{self, FeedReader};
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::base_path::BASE;
use crate::compression::without_encoding;
use crate::extract::head::QueryParams;
use crate::icalendar::feed::Feed;
use crate::problem::{Code, Problem};

/// What stands before a link's token in its path.
pub const BEFORE_TOKEN: &str = "/api/v1/calendar/";
/// What stands behind it. Some calendars go by the ending.
const FILE: &str = "visits.ics";
/// Of a feed.
const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("text/calendar; charset=utf-8");
/// It may be kept by whoever asked, and is asked for anew each time: a moved visit is no use an hour later.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("private, no-cache");

/// A link with this token.
pub fn address(public_url: &str, token: &CalendarToken) -> String {
    format!("{public_url}{BASE}/calendar/{}/{FILE}", token.expose())
}

/// The path as it may be told, in a problem for example: without the token of a link.
pub fn without_token(path: &str) -> &str {
    match path.strip_prefix(BEFORE_TOKEN) {
        Some(_) => BEFORE_TOKEN.trim_end_matches('/'),
        None => path,
    }
}

/// Read one's visits as a calendar
///
/// For calendars that subscribe to the address made by `POST /me/calendar`; they need no other key. Visits of the last 30 days and the year
/// to come; what was called off stays for 30 days. A link is read twelve times a minute at most.
#[utoipa::path(get, path = "/calendar/{token}/visits.ics", tag = "calendar",
    params(("token" = String, Path, description = "What the address holds")),
    responses(
        (status = 200, description = "iCalendar (RFC 5545), in UTC", body = String, content_type = "text/calendar",
            example = json!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//TOT//Visits//EN\r\nEND:VCALENDAR\r\n")),
        (status = 304, description = "It is what the caller has"),
        (status = 404, description = "`not_found`: no such link, or it has ended"),
    ))]
pub async fn visits(
    State(app): State<App>,
    Path(token): Path<String>,
    QueryParams(()): QueryParams<()>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let nothing = || Problem::plain(Code::NotFound);
    let token = CalendarToken::parse(&token).ok_or_else(nothing)?;
    app.throttles().feed(token.digest()).await?;
    let people = app.people();
    let owner = people.calendar_owner(&token).await?.ok_or_else(nothing)?;
    let feed = Feed {
        reader: reader(owner.account_id, owner.role).ok_or_else(nothing)?,
        language: owner.language,
        public_url: &app.settings().public_url,
    };
    let visits = feed::visits(&app.models().pool, feed.reader, app.now()).await?;
    let text = feed.write(&visits);
    let digest: [u8; 32] = Sha256::digest(&text).into();
    let since = people.calendar_served(&token, &digest, app.now()).await?;
    let since = since.ok_or_else(nothing)?;
    let tag = format!("\"{}\"", hex::encode(digest));
    let mut response = match is_known(&headers, &tag, since) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => ([(header::CONTENT_TYPE, MEDIA_TYPE)], text).into_response(),
    };
    let answered = response.headers_mut();
    answered.insert(header::CACHE_CONTROL, CACHE_CONTROL);
    if let Ok(tag) = HeaderValue::try_from(tag) {
        answered.insert(header::ETAG, tag);
    }
    if let Some(since) = http_date(since) {
        answered.insert(header::LAST_MODIFIED, since);
    }
    Ok(response)
}

/// As whom the owner of a link has visits.
fn reader(id: AccountId, role: Role) -> Option<FeedReader> {
    match role {
        Role::Patient => Some(FeedReader::Patient(PatientId::from_uuid(id.uuid()))),
        Role::Doctor => Some(FeedReader::Doctor(DoctorId::from_uuid(id.uuid()))),
        Role::Clinic | Role::Admin | Role::Analyst => None,
    }
}

/// Whether the caller has what would be sent: by the tag if one is named, else by the time (RFC 9110, 13.2.2).
fn is_known(headers: &HeaderMap, tag: &str, since: Timestamp) -> bool {
    let mut tags = headers.get_all(header::IF_NONE_MATCH).iter().peekable();
    if tags.peek().is_some() {
        return tags
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|named| is_tag(named.trim(), tag));
    }
    let named = headers.get(header::IF_MODIFIED_SINCE);
    named
        .and_then(|value| value.to_str().ok())
        .and_then(|value| rfc2822::parse(value).ok())
        .is_some_and(|named| named.timestamp() >= since)
}

/// Compared weakly; the ending that compression gives a tag is no difference.
fn is_tag(named: &str, tag: &str) -> bool {
    let named = named.strip_prefix("W/").unwrap_or(named);
    let bare = |tag: &str| {
        let tag = tag.strip_prefix('"')?.strip_suffix('"')?;
        Some(without_encoding(tag).to_owned())
    };
    named == "*" || (bare(named).is_some() && bare(named) == bare(tag))
}

/// In the form of HTTP (RFC 9110, 5.6.7).
fn http_date(at: Timestamp) -> Option<HeaderValue> {
    let text = rfc2822::DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&at)
        .ok()?;
    HeaderValue::try_from(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SINCE: &str = "2026-12-01T09:30:00Z";

    fn is_known_by(pairs: &[(header::HeaderName, &'static str)]) -> bool {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
        is_known(&pairs.collect(), "\"ab\"", SINCE.parse().unwrap())
    }

    #[test]
    fn a_feed_is_known_by_its_tag_and_without_one_by_its_time() {
        use header::{IF_MODIFIED_SINCE, IF_NONE_MATCH};
        let (then, before) = ("Tue, 01 Dec 2026 09:30:00 GMT", "Tue, 01 Dec 2026 09:29:59 GMT");
        for (pairs, known) in [
            (vec![], false),
            (vec![(IF_NONE_MATCH, "\"ab\"")], true),
            (vec![(IF_NONE_MATCH, "W/\"ab\"")], true),
            (vec![(IF_NONE_MATCH, "\"ab-gzip\"")], true),
            (vec![(IF_NONE_MATCH, "\"a\", \"ab\"")], true),
            (vec![(IF_NONE_MATCH, "*")], true),
            (vec![(IF_NONE_MATCH, "\"a\"")], false),
            (vec![(IF_NONE_MATCH, "ab")], false),
            (vec![(IF_MODIFIED_SINCE, then)], true),
            (vec![(IF_MODIFIED_SINCE, "Wed, 02 Dec 2026 00:00:00 GMT")], true),
            (vec![(IF_MODIFIED_SINCE, before)], false),
            (vec![(IF_MODIFIED_SINCE, "yesterday")], false),
            // Where there is a tag the time says nothing.
            (vec![(IF_NONE_MATCH, "\"a\""), (IF_MODIFIED_SINCE, then)], false),
        ] {
            assert_eq!(is_known_by(&pairs), known, "{pairs:?}");
        }
    }

    #[test]
    fn times_are_in_the_form_of_http() {
        let shown = http_date(SINCE.parse().unwrap()).unwrap();
        assert_eq!(shown, "Tue, 01 Dec 2026 09:30:00 GMT");
    }

    #[test]
    fn a_path_is_told_without_the_token_of_a_link() {
        assert_eq!(
            without_token("/api/v1/calendar/totc_secret/visits.ics"),
            "/api/v1/calendar"
        );
        assert_eq!(without_token("/api/v1/calendar/totc_secret"), "/api/v1/calendar");
        assert_eq!(without_token("/api/v1/bookings/7"), "/api/v1/bookings/7");
    }
}
