//! openapi-generator's `rust`: a patient registers, books what a doctor opened, pays, sees it secured and calls it off.

use std::env;
use std::error::Error;
use std::time::{Duration, Instant};

use serde_json::json;
use tot_api::apis::configuration::Configuration;
use tot_api::apis::{Error as ApiError, auth_api, bookings_api, doctors_api, payments_api, tariffs_api};
use tot_api::models::{
    AmountOrNothing, BookingStatus, BookingView, CallType, CancelBody, CancelReason, HoursBody, LoginBody,
    OpenDayBody, PayBody, PayMethod, PositiveAmount, Problem, ProblemCode, RegisterBody, RequestBody,
};
use uuid::Uuid;

type Outcome<T> = Result<T, Box<dyn Error>>;

const PATIENCE: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(50);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let date = env::var("TOT_JOURNEY_DATE")?;
    let (patient, doctor, doctor_id) = people().await?;
    let hours = vec![HoursBody::new("10:00".into(), "12:00".into())];
    let day = OpenDayBody::new(date.parse()?, 30, hours);
    let opened =
        doctors_api::doctors_open_day(&doctor, &doctor_id.to_string(), day, Some(&key()), None).await?;
    let (from, to) = (
        Some(format!("{date}T00:00:00Z")),
        Some(format!("{date}T23:59:59Z")),
    );
    let id = doctor_id.to_string();
    let slots =
        doctors_api::doctors_slots(&patient, &id, from, to, None, None, Some(opened.position)).await?;
    let starts_at = slots.items.first().ok_or("no slot is free")?.starts_at.clone();
    let tariff = tariffs_api::tariffs_tariffs(
        &patient,
        Some(CallType::Scheduled),
        Some(&id),
        Some(starts_at.clone()),
        None,
        None,
    )
    .await?;
    let price = tariff.items.first().ok_or("nothing has a price")?.amount.clone();
    let wanted = |amount: &str| {
        let mut body = RequestBody::new(PositiveAmount::String(amount.to_owned()), CallType::Scheduled);
        body.doctor_id = Some(Some(doctor_id));
        body.starts_at = Some(Some(starts_at.clone()));
        body.address = Some(Some("ул. Ленина, 1".to_owned()));
        body
    };

    match bookings_api::bookings_request(&patient, wanted("1.00"), None, Some(&key())).await {
        Err(ApiError::ResponseError(refused)) => {
            let problem: Problem = serde_json::from_str(&refused.content)?;
            assert_eq!(problem.code, ProblemCode::PriceChanged);
        }
        other => panic!("a wrong price answers {other:?}"),
    }
    let own_key = key();
    let booking = bookings_api::bookings_request(&patient, wanted(&price), None, Some(&own_key)).await?;
    let again = bookings_api::bookings_request(&patient, wanted(&price), None, Some(&own_key)).await?;
    assert_eq!(again.id, booking.id);

    pay(&patient, booking.id).await?;
    let id = booking.id.to_string();
    let deadline = Instant::now() + PATIENCE;
    while look(&patient, &id).await?.status != BookingStatus::Assigned {
        assert!(
            Instant::now() < deadline,
            "the booking was not secured within {PATIENCE:?}"
        );
        tokio::time::sleep(LOOK_EVERY).await;
    }

    let quote = bookings_api::bookings_quote(&patient, &id, None).await?;
    let mut give_up = CancelBody::new();
    give_up.reason = Some(Some(CancelReason::Recovered));
    give_up.expected_fee = Some(Box::new(AmountOrNothing::String(quote.amount)));
    let cancelled = bookings_api::bookings_cancel(&patient, &id, None, Some(&key()), None, Some(give_up)).await?;
    assert_eq!(look(&patient, &id).await?.status, BookingStatus::Cancelled);
    assert!(cancelled.position > booking.position);
    Ok(())
}

/// A new patient, the demo's doctor, and who that is.
async fn people() -> Outcome<(Configuration, Configuration, Uuid)> {
    let anybody = signed_in(None)?;
    let email = format!("journey-{}@example.com", Uuid::new_v4());
    let person = RegisterBody::new(email, "Иван".into(), "Иванов".into(), "moss-kettle-ferry".into());
    let patient = signed_in(Some(
        auth_api::auth_register(&anybody, person).await?.access_token,
    ))?;
    let login = LoginBody::new("doctor@example.com".into(), "doctor123".into());
    let session = auth_api::auth_login(&anybody, login).await?;
    Ok((patient, signed_in(Some(session.access_token))?, session.user.id))
}

fn signed_in(token: Option<String>) -> Outcome<Configuration> {
    let mut configuration = Configuration::new();
    configuration.base_path = env::var("TOT_URL")?;
    configuration.bearer_access_token = token;
    Ok(configuration)
}

fn key() -> String {
    Uuid::new_v4().to_string()
}

async fn look(patient: &Configuration, id: &str) -> Outcome<BookingView> {
    Ok(bookings_api::bookings_show(patient, id, None, None).await?)
}

/// Starts a payment by card; the payer pays on the played provider's page.
async fn pay(patient: &Configuration, booking_id: Uuid) -> Outcome<()> {
    let card = PayBody::new(booking_id, PayMethod::Card);
    let payment = payments_api::payments_start(patient, card, None, Some(&key())).await?;
    let id = payment.id.to_string();
    let deadline = Instant::now() + PATIENCE;
    while !matches!(
        payments_api::payments_show(patient, &id, None, None)
            .await?
            .confirmation_url,
        Some(_)
    ) {
        assert!(
            Instant::now() < deadline,
            "there was no page to pay on within {PATIENCE:?}"
        );
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let paid = json!({"metadata": {"key": "payment_id", "value": id}});
    let control = env::var("TOT_SANDBOX_CONTROL")?;
    let answer = reqwest::Client::new()
        .post(format!("{control}/pay"))
        .json(&paid)
        .send()
        .await?;
    answer.error_for_status()?;
    Ok(())
}
