//! One's own telephone number, proven by a code that is sent there.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr};

use axum::Json;
use axum::extract::State;
use commands::policy::MaySignIn;
use identity::{OneTimeCode, PhoneCode, SecurityEvent, address_hash};
use jiff::SignedDuration;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{EmptyBody, Fields, FromBody};
use crate::extract::read::parsed;
use crate::extract::request::AuthenticatedRequest;
use crate::problem::{Code, Problem};
use crate::representation::account::AccountView;
use crate::routes::auth::factors::CODE_CHARS_MAX;
use crate::routes::auth::password_resets::CodeOnItsWay;
use crate::security_events::sign_in;
use crate::sign_in_brake::{counted, is_wrong_proof};

/// Ask for a code to prove your phone
///
/// Sent to the number of your account by a text message, good for fifteen minutes and five tries. Asked for again within a minute, and longer
/// each time, the one of before is the one that counts. A number gets three codes an hour and six a day, whoever asks; an account five and
/// ten, a network twenty and sixty: then 429, with `Retry-After`.
#[utoipa::path(post, path = "/auth/phone/code", tag = "auth", security(("bearer" = [])), responses(
    (status = 200, description = "A code is on its way", body = CodeOnItsWay),
    (status = 409, description = "`sms_not_configured`, `no_phone`"),
))]
pub async fn phone_code(
    State(app): State<App>,
    AuthenticatedRequest { caller, .. }: AuthenticatedRequest<MaySignIn, EmptyBody>,
) -> Result<Json<CodeOnItsWay>, Problem> {
    require_sms(&app)?;
    let network = network_of(caller.origin.address());
    let network = address_hash(app.people().master_keys(), network).unwrap_or_default();
    match app
        .people()
        .send_phone_code(caller.id(), network, app.now())
        .await?
    {
        PhoneCode::Sent => Ok(Json(CodeOnItsWay::new())),
        PhoneCode::Waits(wait) => {
            sign_in::password_refused(&app, &caller.origin, SecurityEvent::PhoneBraked, caller.id());
            Err(waits(wait))
        }
    }
}

/// The code that was sent.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"code": "123456"}))]
pub struct ConfirmPhoneBody {
    /// As it was sent: six digits.
    #[schema(value_type = String)]
    pub code: OneTimeCode,
}

impl FromBody for ConfirmPhoneBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let code = fields.required("code", parsed(OneTimeCode::parse_digits, CODE_CHARS_MAX));
        Some(Self { code: code? })
    }
}

/// Prove your phone
///
/// By the code. The number is this account's alone from then on, until it is another one or somebody else proves it: operators give numbers to
/// others. Who had it before is told by e-mail.
#[utoipa::path(post, path = "/auth/phone/confirm", tag = "auth", security(("bearer" = [])), request_body = ConfirmPhoneBody,
    responses(
        (status = 200, description = "The account as it is now", body = AccountView),
        (status = 403, description = "`wrong_code`"),
        (status = 409, description = "`sms_not_configured`, `no_phone`"),
    ))]
pub async fn confirm_phone(
    State(app): State<App>,
    AuthenticatedRequest { caller, body }: AuthenticatedRequest<MaySignIn, ConfirmPhoneBody>,
) -> Result<Json<AccountView>, Problem> {
    require_sms(&app)?;
    let now = app.now();
    let refused = |event| sign_in::password_refused(&app, &caller.origin, event, caller.id());
    let attempt = app
        .sign_in_brake()
        .try_again(caller.principal.session_id, now)
        .await
        .inspect_err(|_| refused(SecurityEvent::PhoneBraked))?;
    let confirmed = app.people().confirm_phone(&caller.actor(), &body.code, now).await;
    let confirmed = confirmed.inspect_err(|error| {
        if is_wrong_proof(error) {
            refused(SecurityEvent::PhoneWrongCode);
        }
    });
    let account = counted(attempt, confirmed)?;
    sign_in::written(&caller.origin, SecurityEvent::PhoneProven);
    Ok(Json(AccountView::from(&account)))
}

/// Lets on where this deployment sends text messages.
fn require_sms(app: &App) -> Result<(), Problem> {
    if app.people().sends_sms() {
        return Ok(());
    }
    let detail = "this platform sends no text messages: whoever runs it sets TOT_SMS_SENDER and TOT_SMS_KEY";
    let problem = Problem::new(Code::SmsNotConfigured, Cow::Borrowed(detail));
    Err(problem
        .in_russian("эта платформа не отправляет SMS: её администратор задаёт TOT_SMS_SENDER и TOT_SMS_KEY"))
}

fn waits(wait: SignedDuration) -> Problem {
    let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).max(1);
    let detail = "enough codes were sent to this number, or asked for from here; the next has to wait";
    Problem::new(Code::RateLimited, Cow::Borrowed(detail))
        .in_russian("на этот номер или отсюда уже запрошено достаточно кодов; следующий нужно подождать")
        .retry_after(seconds)
}

/// What one customer holds: an IPv4 address, an IPv6 /64.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_s_addresses_are_one_network() {
        let network = |text: &str| network_of(text.parse().unwrap());
        assert_eq!(network("2001:db8:1:2:3::4"), network("2001:db8:1:2::9"));
        assert_ne!(network("2001:db8:1:2::9"), network("2001:db8:1:3::9"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }
}
