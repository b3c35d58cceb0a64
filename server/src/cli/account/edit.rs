//! The arguments of `tot account edit`, read into a change.

use clap::Args;
use domain::ids::{AccountId, ClinicId};
use identity::{
    AccountChange, ClinicName, Email, ExperienceYears, FieldChange, LANGUAGES_MAX, Language, PersonName,
    Phone, PriceClass, Specialization, ValueRefusal, Zone,
};

use crate::cli::id::id;

/// What changes; what is not given stays.
#[derive(Debug, Args)]
pub struct EditArgs {
    /// The account.
    #[arg(value_parser = id::<AccountId>)]
    id: AccountId,
    /// The name to sign in with.
    #[arg(long)]
    email: Option<String>,
    /// Telephone number.
    #[arg(long)]
    phone: Option<String>,
    /// Take the telephone number away.
    #[arg(long, conflicts_with = "phone")]
    no_phone: bool,
    /// First name.
    #[arg(long)]
    first_name: Option<String>,
    /// Last name.
    #[arg(long)]
    last_name: Option<String>,
    /// What a doctor practises.
    #[arg(long)]
    specialization: Option<String>,
    /// For how many years a doctor has.
    #[arg(long)]
    experience_years: Option<i64>,
    /// A language a doctor speaks (ISO 639-1); may be given several times.
    #[arg(long = "language")]
    languages: Vec<String>,
    /// The clinic a doctor belongs to.
    #[arg(long, value_parser = id::<ClinicId>)]
    clinic_id: Option<ClinicId>,
    /// Take a doctor out of the clinic.
    #[arg(long, conflicts_with = "clinic_id")]
    no_clinic: bool,
    /// A doctor's: `standard`, `senior` or `expert`.
    #[arg(long)]
    price_class: Option<String>,
    /// The IANA zone of days that a doctor opens from now on.
    #[arg(long)]
    zone: Option<String>,
    /// A clinic's name.
    #[arg(long)]
    clinic_name: Option<String>,
}

/// An argument is not what it should be.
#[derive(Debug, thiserror::Error)]
#[error("--{argument}: {refusal}")]
pub struct EditError {
    argument: &'static str,
    refusal: ValueRefusal,
}

impl EditArgs {
    /// Whom it is about, and what changes.
    ///
    /// # Errors
    /// [`EditError`] for the first argument that is not what it should be.
    pub fn read(self) -> Result<(AccountId, AccountChange), EditError> {
        let languages = self.languages.iter().take(LANGUAGES_MAX);
        let languages: Vec<Language> = languages
            .map(|code| Language::parse(code))
            .collect::<Result<_, _>>()
            .map_err(wrong("language"))?;
        let years = self.experience_years.map(ExperienceYears::parse).transpose();
        let phone = parsed("phone", self.phone, Phone::parse)?;
        let change = AccountChange {
            email: parsed("email", self.email, Email::parse)?,
            phone: changed(phone, self.no_phone),
            first_name: parsed("first-name", self.first_name, PersonName::parse)?,
            last_name: parsed("last-name", self.last_name, PersonName::parse)?,
            specialization: parsed("specialization", self.specialization, Specialization::parse)?,
            experience_years: years.map_err(wrong("experience-years"))?,
            languages: Some(languages).filter(|languages| !languages.is_empty()),
            clinic_id: changed(self.clinic_id, self.no_clinic),
            price_class: parsed("price-class", self.price_class, PriceClass::parse)?,
            zone: parsed("zone", self.zone, Zone::parse)?,
            clinic_name: parsed("clinic-name", self.clinic_name, ClinicName::parse)?,
            // What people say of themselves in public they write elsewhere.
            ..AccountChange::default()
        };
        Ok((self.id, change))
    }
}

fn parsed<T>(
    argument: &'static str,
    text: Option<String>,
    parse: impl Fn(&str) -> Result<T, ValueRefusal>,
) -> Result<Option<T>, EditError> {
    text.map(|text| parse(&text)).transpose().map_err(wrong(argument))
}

fn wrong(argument: &'static str) -> impl Fn(ValueRefusal) -> EditError {
    move |refusal| EditError { argument, refusal }
}

fn changed<T>(set: Option<T>, is_emptied: bool) -> FieldChange<T> {
    match set {
        Some(value) => FieldChange::Set(value),
        None if is_emptied => FieldChange::Empty,
        None => FieldChange::Keep,
    }
}
