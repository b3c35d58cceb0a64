//! What text of each meaning looks like: a pattern and a length, by the limits of those who read it.
//!
//! What is described is the text as it is kept: blanks around it are forgiven, and removed before it is measured. The patterns mean the
//! same in ECMAScript (`u`), RE2, Rust and Python.

use domain::any_event::known_types;
use domain::apps::AppScope;
use identity::{
    AppName, BankId, CalendarToken, ClinicName, DeviceToken, Email, Language, LicenceIssuer, LicenceNumber,
    Password, PersonName, Phone, RefreshToken, SignInToken, Specialization,
};
use projections::Cursor;
use webhooks::EventType;

use crate::extract::head::{KEY_CHARS_MAX, VALUE_CHARS_MAX};
use crate::extract::read::AMOUNT_MAX_MINOR;
use crate::routes::admin::accounts::standing;
use crate::routes::admin::{audit_trail, log, projections as models};
use crate::routes::auth::passkeys;
use crate::routes::auth::register::CONTACT_CHARS_MAX;
use crate::routes::bookings::{cancel, request};
use crate::routes::doctors::days::ZONE_CHARS_MAX;
use crate::routes::me::payout_destination::DESTINATION_CHARS_MAX;

/// What text of one meaning looks like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextShape {
    /// What it matches, from its first character to its last.
    pub pattern: Option<String>,
    /// The fewest and the most characters; nothing where the pattern tells them.
    pub chars: Option<(usize, usize)>,
}

/// Characters that no parameter holds, in a class: control characters.
const CONTROL: &str = r"\x00-\x1F\x7F-\x9F";
/// Characters that no name holds: those that cannot be seen, but for tags (U+E0000 to U+E0FFF), which readers refuse, too: a range beyond
/// U+FFFF is no pattern to judges that read it as ECMAScript without `u`.
const UNSEEN: &str = concat!(
    r"\x00-\x1F\x7F-\x9F\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F",
    r"\u2800\u3164\uFEFF\uFFA0\uFFF9-\uFFFB",
);

/// The same, for texts of one line: joiners stand between the parts of emoji.
pub(super) fn unseen_in_a_line() -> String {
    UNSEEN.replace(r"\u200B-\u200F", r"\u200B\u200E\u200F")
}

/// The same, for texts of several lines.
pub(super) fn unseen_in_lines() -> String {
    unseen_in_a_line().replace(r"\x00-\x1F", r"\x00-\x08\x0B\x0C\x0E-\x1F")
}

/// The last letter of base64url of a whole number of bytes that leaves four bits over, or two.
const LAST_OF_BASE64: &str = "[AEIMQUYcgkosw048]";

pub(super) fn matching(pattern: impl Into<String>) -> TextShape {
    TextShape {
        pattern: Some(pattern.into()),
        chars: None,
    }
}

fn of_length(least: usize, most: usize) -> TextShape {
    TextShape {
        pattern: None,
        chars: Some((least, most)),
    }
}

impl TextShape {
    fn with_length(self, least: usize, most: usize) -> Self {
        Self {
            chars: Some((least, most)),
            ..self
        }
    }
}

/// Text that neither begins nor ends with a blank and holds none of these characters.
pub(super) fn trimmed(without: &str, (least, most): (usize, usize)) -> TextShape {
    let (edge, inner) = (format!(r"[^\s{without}]"), format!("[^{without}]"));
    let pattern = match least {
        0 | 1 => format!("^{edge}({inner}*{edge})?$"),
        _ => format!("^{edge}{inner}*{edge}$"),
    };
    matching(pattern).with_length(least, most)
}

/// Letters of base64url, so many.
fn base64url(letters: usize) -> String {
    format!("[A-Za-z0-9_-]{{{}}}{LAST_OF_BASE64}", letters - 1)
}

/// An address by RFC 5321, as far as a pattern can tell: that the part before the `@` has 64 characters at most, it cannot.
pub fn email() -> TextShape {
    let atom = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
    let label = format!(
        "[A-Za-z0-9]([A-Za-z0-9-]{{0,{}}}[A-Za-z0-9])?",
        Email::LABEL_CHARS_MAX - 2
    );
    // The last label is no number: an address literal is no name.
    let top = "([0-9]*[A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])?|[0-9]+-[A-Za-z0-9-]*[A-Za-z0-9])";
    matching(format!(r"^{atom}(\.{atom})*@({label}\.)+{top}$")).with_length(5, Email::CHARS_MAX)
}

/// A password that is chosen.
pub fn password() -> TextShape {
    of_length(Password::CHARS_MIN, Password::CHARS_MAX)
}

/// A password that somebody who works here chooses.
pub fn staff_password() -> TextShape {
    of_length(Password::STAFF_CHARS_MIN, Password::CHARS_MAX)
}

/// A password that is presented: a short one is wrong, not malformed.
pub fn presented_password() -> TextShape {
    of_length(1, Password::CHARS_MAX)
}

/// What tells a device.
pub fn device_token() -> TextShape {
    let (prefix, encoded) = (DeviceToken::PREFIX, base64url(DeviceToken::ENCODED_CHARS));
    matching(format!("^{prefix}{encoded}$"))
}

/// What brings a code to its sign-in.
pub fn sign_in_token() -> TextShape {
    let (prefix, encoded) = (SignInToken::PREFIX, base64url(DeviceToken::ENCODED_CHARS));
    matching(format!("^{prefix}{encoded}$"))
}

/// Six digits, or a recovery code as it was shown.
pub fn factor_code() -> TextShape {
    matching("^([0-9]{6}|[A-Z2-7]{4}(-[A-Z2-7]{4}){5})$")
}

/// A code as it was sent by e-mail.
pub fn one_time_code() -> TextShape {
    matching("^[A-HJ-NP-Z2-9]{5}-[A-HJ-NP-Z2-9]{5}$")
}

/// A code as a text message brings it.
pub fn sms_code() -> TextShape {
    matching("^[0-9]{6}$")
}

/// What a browser writes of a credential.
pub fn credential() -> TextShape {
    of_length(0, passkeys::CREDENTIAL_CHARS_MAX)
}

/// What somebody calls a passkey.
pub fn passkey_name() -> TextShape {
    trimmed(&unseen_in_a_line(), (1, passkeys::NAME_CHARS_MAX))
}

/// A refresh token.
pub fn refresh_token() -> TextShape {
    let (prefix, encoded) = (RefreshToken::PREFIX, base64url(RefreshToken::ENCODED_CHARS));
    matching(format!("^{prefix}{encoded}$"))
}

/// What stands in a link to a calendar.
pub fn calendar_token() -> TextShape {
    let (prefix, encoded) = (CalendarToken::PREFIX, base64url(CalendarToken::ENCODED_CHARS));
    matching(format!("^{prefix}{encoded}$"))
}

/// A first or last name.
pub fn person_name() -> TextShape {
    trimmed(UNSEEN, PersonName::CHARS)
}

/// A clinic's name.
pub fn clinic_name() -> TextShape {
    trimmed(UNSEEN, ClinicName::CHARS)
}

/// What an app is called.
pub fn app_name() -> TextShape {
    trimmed(UNSEEN, AppName::CHARS)
}

/// A scope of apps.
pub fn app_scope() -> TextShape {
    matching(format!("^({})$", AppScope::ALL.map(AppScope::as_str).join("|")))
}

/// A licence's number.
pub fn licence_number() -> TextShape {
    trimmed(UNSEEN, LicenceNumber::CHARS)
}

/// Who issued a licence.
pub fn licence_issuer() -> TextShape {
    trimmed(UNSEEN, LicenceIssuer::CHARS)
}

/// What a doctor practises.
pub fn specialization() -> TextShape {
    trimmed(UNSEEN, Specialization::CHARS)
}

/// A telephone number.
pub fn phone() -> TextShape {
    phone_of(CONTACT_CHARS_MAX)
}

/// The telephone number that a bank account is tied to.
pub fn destination_phone() -> TextShape {
    phone_of(DESTINATION_CHARS_MAX)
}

fn phone_of(chars_max: usize) -> TextShape {
    // The prefix is one of the digits.
    let (least, most) = (Phone::DIGITS_MIN - 1, Phone::DIGITS_MAX - 1);
    let between = r"[ ()\u00A0-]*";
    matching(format!(r"^(\+7|8)({between}[0-9]){{{least},{most}}}{between}$"))
        .with_length(Phone::DIGITS_MIN, chars_max)
}

/// A language's ISO 639 code.
pub fn language() -> TextShape {
    let (least, most) = Language::LETTERS;
    matching(format!("^[A-Za-z]{{{least},{most}}}$"))
}

/// A name of the IANA database of time zones; which there are, the database says.
pub fn zone() -> TextShape {
    matching("^[A-Za-z0-9_+/-]+$").with_length(2, ZONE_CHARS_MAX)
}

/// A bank of the faster payments system.
pub fn bank_id() -> TextShape {
    matching(format!("^[A-Za-z0-9]{{{}}}$", BankId::CHARS))
}

/// Where a doctor is to come to.
pub fn address() -> TextShape {
    trimmed(&unseen_in_a_line(), request::ADDRESS_CHARS)
}

/// Symptoms, and what else a doctor should know.
pub fn words() -> TextShape {
    trimmed(&unseen_in_lines(), (1, request::WORDS_CHARS_MAX))
}

/// Why something was cancelled.
pub fn cancellation_note() -> TextShape {
    trimmed(&unseen_in_lines(), (1, cancel::NOTE_CHARS_MAX))
}

/// Why an account may do something, or may not.
pub fn standing_note() -> TextShape {
    trimmed(&unseen_in_lines(), (1, standing::NOTE_CHARS_MAX))
}

/// A partition key.
pub fn partition_key() -> TextShape {
    trimmed(&unseen_in_a_line(), (1, models::KEY_CHARS_MAX))
}

/// A minute of a local day; the last is its end.
pub fn minute_of_day() -> TextShape {
    matching("^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")
}

/// Decimal text of an amount above nothing that a request may name.
pub fn positive_amount() -> TextShape {
    let (below, most) = amounts();
    matching(format!(
        r"^(0*([1-9]{below}(\.[0-9]{{1,2}}0*)?|{most}(\.0+)?)|0+\.(0[1-9]|[1-9][0-9]?)0*)$"
    ))
}

/// The same, of nothing or more.
pub fn amount_or_nothing() -> TextShape {
    let (below, most) = amounts();
    matching(format!(r"^0*([0-9]{below}(\.[0-9]{{1,2}}0*)?|{most}(\.0+)?)$"))
}

/// Whole rubles below the most: the digits behind the first; and the most, which is a power of ten.
fn amounts() -> (String, String) {
    let most = (AMOUNT_MAX_MINOR / 100).to_string();
    (format!("[0-9]{{0,{}}}", most.len() - 2), most)
}

/// Decimal text of a latitude.
pub fn latitude() -> TextShape {
    matching(r"^-?(0{0,7}[0-8]?[0-9](\.[0-9]{1,9})?|0{0,7}90(\.0{1,9})?)$")
}

/// Decimal text of a longitude.
pub fn longitude() -> TextShape {
    matching(r"^-?((0{0,6}1[0-7][0-9]|0{0,7}[0-9]{1,2})(\.[0-9]{1,9})?|0{0,6}180(\.0{1,9})?)$")
}

/// Any text of a parameter.
pub fn parameter() -> TextShape {
    matching(format!("^[^{CONTROL}]*$")).with_length(0, VALUE_CHARS_MAX)
}

/// What is looked for.
pub fn sought() -> TextShape {
    trimmed(&unseen_in_a_line(), (1, history::find::CHARS_MAX))
}

/// Where a list goes on.
pub fn cursor() -> TextShape {
    matching(format!("^{}$", base64url(Cursor::CHARS)))
}

/// A moment of a history: a version, a position of the log, or an instant; not every date that it matches is one.
pub fn moment() -> TextShape {
    let date = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])";
    let time = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?";
    let offset = "([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])";
    matching(format!("^(@?[1-9][0-9]{{0,17}}|{date}[Tt ]{time}{offset})$")).with_length(1, 64)
}

/// What an endpoint can be told of.
pub fn event_type() -> TextShape {
    let names = EventType::ALL.map(|event_type| event_type.as_str().replace('.', r"\."));
    matching(format!("^({})$", names.join("|")))
}

/// The kinds of stream.
pub fn stream_types() -> Vec<&'static str> {
    let mut types: Vec<&'static str> = known_types().map(|(aggregate, ..)| aggregate).collect();
    types.dedup();
    types
}

/// A stream's id.
pub fn stream_id() -> TextShape {
    matching(format!("^[^{CONTROL}]+$")).with_length(1, log::STREAM_ID_CHARS_MAX)
}

/// A stream's type and id.
pub fn stream() -> TextShape {
    let types = stream_types().join("|");
    matching(format!(
        "^({types})/[^{CONTROL}]{{1,{}}}$",
        log::STREAM_ID_CHARS_MAX
    ))
}

/// An idempotency key, with or without the quotes of a structured field.
pub fn idempotency_key() -> TextShape {
    let (most, more) = (KEY_CHARS_MAX, KEY_CHARS_MAX - 1);
    matching(format!(r#"^([!#-~][!-~]{{0,{more}}}|"[!-~]{{1,{most}}}")$"#))
}

/// A version's tag, or any version.
pub fn if_match() -> TextShape {
    matching(r#"^(\*|"[0-9]{1,18}(-(br|zstd|gzip))?")$"#)
}

/// A version's tag; an encoded answer has one of its own.
pub fn etag() -> TextShape {
    matching(r#"^"[0-9]+(-[a-z]+)?"$"#)
}

/// Decimal text of an answer's amount.
pub fn answered_amount() -> TextShape {
    matching(r"^-?[0-9]+\.[0-9]{2}$")
}

/// Decimal text of degrees in an answer.
pub fn answered_degrees() -> TextShape {
    matching(r"^-?[0-9]+(\.[0-9]+)?$")
}

/// A trace's id, as W3C's trace context has it.
pub fn trace_id() -> TextShape {
    matching("^[0-9a-f]{32}$")
}

/// What an entry of the audit trail is about.
pub fn trail_target() -> TextShape {
    matching(format!("^[^{CONTROL}]+$")).with_length(1, audit_trail::TARGET_CHARS_MAX)
}

/// A client's IP address, as far as a pattern can tell.
pub fn client_address() -> TextShape {
    matching("^[0-9A-Fa-f:.]+$").with_length(2, 45)
}

/// Where a list goes on: a cursor, a position or the last entry's id.
pub fn next() -> TextShape {
    matching(format!("^[A-Za-z0-9_-]{{1,{}}}$", Cursor::CHARS))
}
