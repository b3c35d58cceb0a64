//! The demo's data: three people, a price list, a wallet with money, two weeks of open days. Seeding again changes nothing.

use api::{PriceDocumentError, read_price_document};
use commands::prices::publish;
use commands::schedule::{OpenDay, WorkingHours, open_day};
use commands::wallet::{DepositCash, deposit_cash};
use commands::{CommandError, CommandMetadata, CommandServices};
use domain::ids::{AccountId, DoctorId};
use domain::money::Money;
use domain::people::Role;
use identity::{
    Account, DoctorDetails, Email, ExperienceYears, IdentityError, IdentityRefusal, Language, NewAccount,
    NewRole, Password, PersonName, PriceClass, Specialization, TotpSecret, ValueRefusal, Zone,
};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::cli::demo::{ADMIN, DOCTOR, Login, PATIENT};

/// Where the demo's doctor works.
const ZONE: &str = "Europe/Moscow";
/// How many days ahead are open.
const DAYS_OPEN: i64 = 14;
/// The demo wallet's first deposit.
const WALLET: Money = Money::kopecks(2_000_000);
/// The demo's price list: the example that the how-to shows. No other deployment has it.
const PRICES: &str = include_str!("../../../../docs/how-to/price-list.example.json");
/// 09:00 to 18:00.
const HOURS: WorkingHours = WorkingHours {
    from_minute: 9 * 60,
    until_minute: 18 * 60,
};

/// Why the data could not be seeded.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// A value of the demo is not one.
    #[error(transparent)]
    Value(#[from] ValueRefusal),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The demo's price list.
    #[error("the demo's price list cannot be read")]
    Prices(#[from] PriceDocumentError),
    #[error("the calendar ends")]
    Calendar(#[from] jiff::Error),
}

/// Seeds what is missing.
pub async fn demo(services: &CommandServices) -> Result<(), SeedError> {
    let patient = account(services, &PATIENT, NewRole::Patient, ("Анна", "Каренина")).await?;
    let doctor = account(
        services,
        &DOCTOR,
        NewRole::Doctor(doctor_details()?),
        ("Николай", "Пирогов"),
    )
    .await?;
    let admin = account(services, &ADMIN, NewRole::Admin, ("Администратор", "ТОТ")).await?;
    // A list that was published here meanwhile stays in force.
    if services.prices.all().await?.all().is_empty() {
        let list = read_price_document(PRICES.as_bytes())?;
        publish(services, &metadata(admin, "demo-prices".to_owned()), list).await?;
    }
    let request = DepositCash {
        owner_id: patient,
        amount: WALLET,
    };
    deposit_cash(services, &metadata(admin, "demo-wallet".to_owned()), request).await?;
    let today = services.log.clock().now().to_zoned(TimeZone::get(ZONE)?).date();
    for ahead in 1..=DAYS_OPEN {
        let date = today.checked_add(ahead.days())?;
        open_day(
            services,
            &metadata(admin, format!("demo-day-{date}")),
            day(doctor, date),
        )
        .await?;
    }
    Ok(())
}

async fn account(
    services: &CommandServices,
    login: &Login,
    role: NewRole,
    name: (&str, &str),
) -> Result<AccountId, SeedError> {
    let email = Email::parse(login.email)?;
    if let Some(known) = services.people.account_with_email(&email).await? {
        with_second_factor(services, &known, login).await?;
        return Ok(known.id);
    }
    let new = NewAccount {
        role,
        email,
        password: Password::parse(login.password)?,
        first_name: PersonName::parse(name.0)?,
        last_name: PersonName::parse(name.1)?,
        phone: None,
    };
    let made = services
        .people
        .create_account(new, services.log.clock().now())
        .await?;
    with_second_factor(services, &made, login).await?;
    Ok(made.id)
}

/// Whoever has an app in the demo has it from the first start on, unless they removed it and enrolled another.
async fn with_second_factor(
    services: &CommandServices,
    account: &Account,
    login: &Login,
) -> Result<(), SeedError> {
    let Some(secret) = login.totp_secret else {
        return Ok(());
    };
    let secret = TotpSecret::parse(secret)?;
    let now = services.log.clock().now();
    match services.people.seed_totp(account, secret, now).await {
        Ok(()) | Err(IdentityError::Refused(IdentityRefusal::SecondFactorExists)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn doctor_details() -> Result<DoctorDetails, ValueRefusal> {
    Ok(DoctorDetails {
        specialization: Specialization::parse("терапевт")?,
        experience_years: ExperienceYears::parse(12)?,
        languages: vec![Language::parse("ru")?, Language::parse("en")?],
        clinic_id: None,
        price_class: PriceClass::Standard,
        zone: Zone::parse(ZONE)?,
        accepts: true,
        verified: true,
    })
}

fn day(doctor: AccountId, date: Date) -> OpenDay {
    OpenDay {
        doctor_id: DoctorId::from_uuid(doctor.uuid()),
        date,
        zone: None,
        hours: vec![HOURS],
        slot_minutes: 30,
        buffer_before_minutes: 0,
        buffer_after_minutes: 0,
    }
}

/// The key makes a second seeding find the first; the digest is the key, since nobody else asks with it.
fn metadata(admin: AccountId, key: String) -> CommandMetadata {
    CommandMetadata::from_account(admin, Role::Admin, key.clone(), "0".repeat(32)).with_key(Some(key))
}
