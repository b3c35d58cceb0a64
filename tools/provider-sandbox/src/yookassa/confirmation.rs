//! How the payer confirms: a page, a QR, a widget or nothing.

use crate::money::Kopecks;
use crate::state::payment::{Confirmation, ConfirmationKind};
use crate::state::{QrOwner, SandboxState};
use crate::yookassa::errors::Refusal;
use crate::yookassa::fields::BodyFields;

/// The longest address.
const URL_CHARS_MAX: usize = 2_048;

/// What a shop asks for.
#[derive(Debug)]
pub struct RequestedConfirmation {
    pub kind: ConfirmationKind,
    return_url: Option<String>,
    enforce: Option<bool>,
}

/// Reads `confirmation`.
///
/// # Errors
/// 400 for an unknown kind or a missing return address.
pub fn wanted(body: &BodyFields<'_>) -> Result<Option<RequestedConfirmation>, Refusal> {
    let Some(data) = body.child("confirmation")? else {
        return Ok(None);
    };
    let kind = match data.need("type", data.text("type", 32)?)?.as_str() {
        "redirect" => ConfirmationKind::Redirect,
        "qr" => ConfirmationKind::Qr,
        "embedded" => ConfirmationKind::Embedded,
        "mobile_application" => ConfirmationKind::MobileApplication,
        "external" => ConfirmationKind::External,
        _ => return Err(data.refuse("type", "Unknown confirmation type")),
    };
    if let Some(locale) = data.text("locale", 5)?
        && !["ru_RU", "en_US"].contains(&locale.as_str())
    {
        return Err(data.refuse("locale", "Must be ru_RU or en_US"));
    }
    let return_url = data.text("return_url", URL_CHARS_MAX)?;
    let needs_return = matches!(
        kind,
        ConfirmationKind::Redirect | ConfirmationKind::MobileApplication
    );
    if needs_return && return_url.is_none() {
        return Err(data.refuse("return_url", "Field confirmation.return_url is required"));
    }
    Ok(Some(RequestedConfirmation {
        kind,
        return_url,
        enforce: data.flag("enforce")?,
    }))
}

/// Makes what the payer needs: a link, a QR's content, a widget's token.
pub fn prepare(
    state: &mut SandboxState,
    wanted: RequestedConfirmation,
    payment_id: &str,
    amount: Kopecks,
) -> Confirmation {
    let page = format!(
        "{}/checkout/payments/v2/contract?orderId={payment_id}",
        state.site
    );
    let handle = match wanted.kind {
        ConfirmationKind::Redirect | ConfirmationKind::MobileApplication => page,
        ConfirmationKind::Qr => {
            let qr = state.register_qr(QrOwner::Payment(payment_id.to_owned()));
            state.qr_payload(&qr, amount)
        }
        ConfirmationKind::Embedded => state.ids.prefixed("ct"),
        ConfirmationKind::External => String::new(),
    };
    Confirmation {
        kind: wanted.kind,
        return_url: wanted.return_url,
        enforce: wanted.enforce,
        handle,
    }
}
