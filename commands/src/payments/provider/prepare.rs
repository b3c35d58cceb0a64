//! What is sent to a provider, said in full before it is recorded: a repeat must say the very same.

use std::sync::Arc;

use domain::booking::Booking;
use domain::ids::{AccountId, BookingId};
use domain::money::Money;
use domain::payment::attempt::{Attempt, RefundEntry};
use domain::payment::provider::{Call, CaptureMode};
use domain::payment::purpose::Purpose;
use domain::payment::receipt::ReceiptPurpose;
use jiff::Timestamp;
use uuid::Uuid;

use crate::context::CommandMetadata;
use crate::payments::provider::translate;
use crate::payments::return_url;
use crate::ports::{Customer, PaymentMode, PaymentRail, PaymentSubject, Receipt, ReceiptItem, ReturnUrl};
use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;
use crate::streams;

/// The namespace of digests of what is sent; they tell two requests apart and nothing else.
const BODIES: Uuid = Uuid::from_u128(0x9b1e_7c40_51a2_5f0d_8e63_2d4c_70a5_0001);
/// What the patient reads of a visit on the provider's page, the statement and the receipt.
const OF_VISIT: &str = "Визит врача";
/// What the patient reads there of a deposit.
const OF_DEPOSIT: &str = "Пополнение кошелька";

/// The parts of a request that are not in the payment itself.
#[derive(Clone, Debug)]
pub(super) struct PreparedRequest {
    pub(super) rail: PaymentRail,
    pub(super) description: String,
    pub(super) pay_until: Option<Timestamp>,
    /// Where the patient comes back to; of interest where the payment is created.
    pub(super) return_url: ReturnUrl,
    pub(super) receipt: Option<Receipt>,
    pub(super) digest: String,
}

/// Says a request in full.
///
/// # Errors
/// `payment_method_unavailable` for a wallet; and the errors of the log and the database.
pub(super) async fn prepare(
    services: &CommandServices,
    attempt: &Attempt,
    call: Call,
) -> Result<PreparedRequest, CommandError> {
    let rail = translate::rail_of(attempt.terms.method).ok_or(Refusal::NotFound)?;
    let receipt = receipt(services, attempt, call).await?;
    let pay_until = match call {
        Call::Create => payment_due_at(services, attempt).await?,
        Call::Capture | Call::Cancel | Call::Refund { .. } | Call::Receipt { .. } => None,
    };
    let return_url = match call {
        Call::Create => return_url::of_attempt(services, attempt).await?,
        Call::Capture | Call::Cancel | Call::Refund { .. } | Call::Receipt { .. } => ReturnUrl::default(),
    };
    let comes_back_to = wording_of_return(attempt, services.ports.return_url.as_str());
    let said = text(attempt, call, pay_until, comes_back_to, receipt.as_ref());
    Ok(PreparedRequest {
        rail,
        description: description(attempt).to_owned(),
        pay_until,
        return_url,
        receipt,
        digest: Uuid::new_v5(&BODIES, said.as_bytes()).to_string(),
    })
}

/// A request as text for the digest. It must stay as it is: the digests of requests under way stand in the log.
fn text(
    attempt: &Attempt,
    call: Call,
    pay_until: Option<Timestamp>,
    return_url: &str,
    receipt: Option<&Receipt>,
) -> String {
    format!(
        "{call:?}\n{:?}\n{:?}\n{:?}\n{pay_until:?}\n{return_url}\n{}",
        attempt.terms.amount,
        attempt.capture_asked,
        attempt.route,
        receipt.map(wording).unwrap_or_default(),
    )
}

/// Where the patient comes back to as text for the digest: an address that was given, by the salted digest it was sealed under.
/// One that is erased between two sendings changes what is sent; the provider itself refuses the second then.
fn wording_of_return<'a>(attempt: &'a Attempt, default: &'a str) -> &'a str {
    attempt
        .return_url
        .as_ref()
        .map_or(default, |reference| reference.digest.as_str())
}

/// A receipt as text for the digest, which stands in the log for ever: who gets the receipt is left out, for ten digits of
/// a telephone are soon found by trying. Should they change between two sendings, the provider itself refuses the second.
fn wording(receipt: &Receipt) -> String {
    format!("{:?}\n{:?}", receipt.items, receipt.tax_system)
}

const fn description(attempt: &Attempt) -> &'static str {
    match attempt.terms.purpose {
        Purpose::Booking(_) => OF_VISIT,
        Purpose::Deposit => OF_DEPOSIT,
    }
}

/// The booking's deadline; it is pinned, so it is the same in every repeat. A deposit can be paid as long as the provider
/// lets it.
async fn payment_due_at(
    services: &CommandServices,
    attempt: &Attempt,
) -> Result<Option<Timestamp>, CommandError> {
    let Some(booking_id) = attempt.terms.purpose.booking() else {
        return Ok(None);
    };
    let booking = booking(services, booking_id).await?;
    Ok(booking.agreement().map(|agreement| agreement.pay_by))
}

/// The booking as it stands.
///
/// # Errors
/// `not_found`; and the errors of the log.
pub(super) async fn booking(
    services: &CommandServices,
    booking_id: BookingId,
) -> Result<Arc<Booking>, CommandError> {
    let name = streams::booking(booking_id);
    let context = CommandMetadata::read_only().context(&name);
    let known = std::slice::from_ref(&name);
    let outcome = event_store::execute::<Refusal, _>(&services.log, &context, known, |work| {
        work.state::<Booking>(&name).map(drop)
    })
    .await?;
    outcome
        .state::<Booking>(&name)
        .ok_or_else(|| Refusal::NotFound.into())
}

/// The receipt that goes with a request, where receipts are issued.
async fn receipt(
    services: &CommandServices,
    attempt: &Attempt,
    call: Call,
) -> Result<Option<Receipt>, CommandError> {
    let issued = attempt.route.is_some_and(|route| route.receipts);
    let (Some(terms), true) = (services.ports.receipts, issued) else {
        return Ok(None);
    };
    let Some((amount, mode)) = line(attempt, call) else {
        return Ok(None);
    };
    let account = services
        .people
        .account(AccountId::from(attempt.terms.patient_id))
        .await?;
    let Some(account) = account else {
        return Ok(None); // The patient's data was erased; the clinic's cash register must do without.
    };
    let item = ReceiptItem {
        description: description(attempt).to_owned(),
        quantity: 1,
        price: amount,
        vat: terms.vat,
        mode,
        subject: match attempt.terms.purpose {
            Purpose::Booking(_) => PaymentSubject::Service,
            Purpose::Deposit => PaymentSubject::Payment,
        },
    };
    Ok(Some(Receipt {
        customer: Customer {
            email: Some(account.email),
            phone: account.phone,
        },
        items: vec![item],
        tax_system: terms.tax_system,
    }))
}

/// How much a request's receipt is about, and how it is paid for.
fn line(attempt: &Attempt, call: Call) -> Option<(Money, PaymentMode)> {
    let at_once = attempt
        .route
        .is_some_and(|route| route.taking == CaptureMode::AtOnce);
    match call {
        // A shop with a cash register demands it here even of held money, and prints it only when that is taken; what is told
        // with the capture then stands in its place.
        Call::Create => Some((attempt.terms.amount, mode_of_taking(attempt, at_once))),
        Call::Capture => attempt
            .capture_asked
            .map(|amount| (amount, PaymentMode::FullPayment)),
        Call::Cancel => None,
        Call::Refund { number } => attempt
            .refund(number)
            .map(|refund: &RefundEntry| (refund.amount, mode_of_taking(attempt, at_once))),
        Call::Receipt { number } => attempt.receipt(number).map(|receipt| {
            let mode = match receipt.purpose {
                ReceiptPurpose::Prepayment => prepaid(attempt),
                ReceiptPurpose::Capture | ReceiptPurpose::Offset => PaymentMode::FullPayment,
                ReceiptPurpose::Refund { .. } => mode_of_taking(attempt, at_once),
            };
            (receipt.amount, mode)
        }),
    }
}

/// What was paid before it is due: for a visit that is known, or an advance towards one that is not named yet (54-FZ).
const fn prepaid(attempt: &Attempt) -> PaymentMode {
    match attempt.terms.purpose {
        Purpose::Booking(_) => PaymentMode::FullPrepayment,
        Purpose::Deposit => PaymentMode::Advance,
    }
}

/// Held money is taken with the visit; what goes back is of the kind that was taken.
const fn mode_of_taking(attempt: &Attempt, at_once: bool) -> PaymentMode {
    if at_once {
        prepaid(attempt)
    } else {
        PaymentMode::FullPayment
    }
}

#[cfg(test)]
mod tests {
    use domain::payment::Payment;
    use domain::payment::commands::StartForBooking;
    use domain::payment::decide::decide;
    use domain::payment::events::{PaymentEvent, PaymentMethod};
    use domain::payment::provider::{Provider, Route};
    use domain::people::PrivateRef;

    use super::*;
    use crate::ports::Vat;

    const SAID: &str = "Create
Money { minor: 200000, currency: Rub }
Some(Money { minor: 60000, currency: Rub })
Some(Route { provider: Yookassa, taking: Held, receipts: true })
Some(1970-01-01T00:00:00Z)
https://tot.example/paid
[ReceiptItem { description: \"Визит врача\", quantity: 1, price: Money { minor: 60000, currency: Rub }, vat: None, mode: FullPayment, subject: Service }]
Some(1)";

    fn held() -> Payment {
        let started = decide(
            &Payment::Absent,
            StartForBooking {
                payment_id: "018f6d2a-0004-7c3e-9a51-0242ac120002".parse().unwrap(),
                booking_id: "018f6d2a-0001-7c3e-9a51-0242ac120002".parse().unwrap(),
                patient_id: "018f6d2a-0002-7c3e-9a51-0242ac120002".parse().unwrap(),
                method: PaymentMethod::Yookassa,
                amount: Money::kopecks(200_000),
                route: Some(Route {
                    provider: Provider::Yookassa,
                    taking: CaptureMode::Held,
                    receipts: true,
                }),
                return_url: Some(PrivateRef {
                    id: "018f6d2a-0009-7c3e-9a51-0242ac120002".parse().unwrap(),
                    digest: "ab".repeat(32),
                }),
                at: Timestamp::UNIX_EPOCH,
            },
        );
        let asked = PaymentEvent::CaptureRequested {
            amount: Money::kopecks(60_000),
            at: Timestamp::UNIX_EPOCH,
        };
        let mut payment = Payment::default();
        for event in started.unwrap().into_iter().chain([asked]) {
            cqrs_es::Aggregate::apply(&mut payment, event);
        }
        payment
    }

    #[test]
    fn a_request_is_put_into_the_words_whose_digests_stand_in_the_log() {
        let payment = held();
        let attempt = payment.attempt().unwrap();
        let receipt = Receipt {
            customer: Customer {
                email: None,
                phone: None,
            },
            items: vec![ReceiptItem {
                description: OF_VISIT.to_owned(),
                quantity: 1,
                price: Money::kopecks(60_000),
                vat: Vat::None,
                mode: PaymentMode::FullPayment,
                subject: PaymentSubject::Service,
            }],
            tax_system: Some(1),
        };
        let due = Some(Timestamp::UNIX_EPOCH);
        let said = text(
            attempt,
            Call::Create,
            due,
            "https://tot.example/paid",
            Some(&receipt),
        );
        assert_eq!(said, SAID);
        let refund = text(attempt, Call::Refund { number: 2 }, None, "", None);
        assert_eq!(refund.lines().next(), Some("Refund { number: 2 }"));
        assert_eq!(
            wording_of_return(attempt, "https://tot.example/paid"),
            "ab".repeat(32)
        );
    }
}
