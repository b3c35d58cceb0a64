//! `tot admin`: makes accounts of every role but patient, who register themselves.

use std::io::Read;

use clap::{Args, Subcommand, ValueEnum};
use domain::ids::ClinicId;
use identity::{
    ClinicName, DoctorDetails, Email, ExperienceYears, Language, NewAccount, NewRole, Password, PersonName,
    Phone, PriceClass, Specialization, ValueRefusal, Zone, own_words,
};
use serde_json::json;

use super::id::id;
use super::operator::{self, CommandResult};
use super::output::{self, Format};
use super::trail;
use crate::config::Environment;

/// `tot admin …`.
#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    /// Make an account. The password is read from standard input.
    Create(Box<CreateArgs>),
}

/// Which role the account has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StaffRole {
    /// Runs the platform.
    Admin,
    /// Reads without personal data.
    Analyst,
    /// Runs doctors' days.
    Clinic,
    /// Carries visits out.
    Doctor,
}

/// Arguments of `tot admin create`.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// The account's role.
    #[arg(long, value_enum, default_value = "admin")]
    role: StaffRole,
    /// The name to sign in with.
    #[arg(long)]
    email: String,
    /// Read the password from standard input (the only way: a process list shows arguments).
    #[arg(long, required = true)]
    password_stdin: bool,
    /// First name.
    #[arg(long, default_value = "TOT")]
    first_name: String,
    /// Last name.
    #[arg(long, default_value = "TOT")]
    last_name: String,
    /// Telephone number.
    #[arg(long)]
    phone: Option<String>,
    /// A clinic's name.
    #[arg(long, required_if_eq("role", "clinic"))]
    clinic_name: Option<String>,
    /// What a doctor practises.
    #[arg(long, required_if_eq("role", "doctor"))]
    specialization: Option<String>,
    /// For how many years.
    #[arg(long, default_value_t = 0)]
    experience_years: i64,
    /// A language a doctor speaks (ISO 639-1); may be given several times.
    #[arg(long = "language", default_value = "ru")]
    languages: Vec<String>,
    /// The clinic a doctor belongs to.
    #[arg(long, value_parser = id::<ClinicId>)]
    clinic_id: Option<ClinicId>,
    /// Which price applies to a doctor.
    #[arg(long, default_value = "standard")]
    price_class: String,
    /// The IANA zone a doctor's days are lived in.
    #[arg(long, default_value = "Europe/Moscow")]
    zone: String,
}

/// Why the account was not made.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// An argument is not what it should be.
    #[error("--{argument}: {refusal}")]
    Argument {
        argument: &'static str,
        /// What is wrong with it.
        refusal: ValueRefusal,
    },
}

/// Makes the account.
pub async fn run(command: AdminCommand, environment: &Environment, format: Format) -> CommandResult {
    let AdminCommand::Create(args) = command;
    let mut password = String::new();
    std::io::stdin()
        .take(PASSWORD_BYTES_MAX)
        .read_to_string(&mut password)?;
    let new = new_account(&args, password.trim_end_matches(['\r', '\n']))?;
    let (services, now) = operator::services(environment).await?;
    let account = services.people.create_account(new, now).await?;
    trail::tell_made(account.id);
    let said = json!({"id": account.id, "role": account.role.as_str()});
    output::print(format, &said, |_| {
        format!("{} {}", account.role.as_str(), account.id)
    })?;
    Ok(())
}

fn new_account(args: &CreateArgs, password: &str) -> Result<NewAccount, AdminError> {
    let wrong = |argument| move |refusal| AdminError::Argument { argument, refusal };
    let role = new_role(args)?;
    let new = NewAccount {
        email: Email::parse(&args.email).map_err(wrong("email"))?,
        password: Password::parse_for(role.role(), password).map_err(wrong("password-stdin"))?,
        role,
        first_name: PersonName::parse(&args.first_name).map_err(wrong("first-name"))?,
        last_name: PersonName::parse(&args.last_name).map_err(wrong("last-name"))?,
        phone: args
            .phone
            .as_deref()
            .map(Phone::parse)
            .transpose()
            .map_err(wrong("phone"))?,
    };
    let words = own_words(&new.email, &new.first_name, &new.last_name, new.phone.as_ref());
    new.password
        .suits(new.role.role(), &words)
        .map_err(wrong("password-stdin"))?;
    Ok(new)
}

fn new_role(args: &CreateArgs) -> Result<NewRole, AdminError> {
    let wrong = |argument| move |refusal| AdminError::Argument { argument, refusal };
    Ok(match args.role {
        StaffRole::Admin => NewRole::Admin,
        StaffRole::Analyst => NewRole::Analyst,
        StaffRole::Clinic => {
            let name = args.clinic_name.as_deref().unwrap_or_default();
            NewRole::Clinic(ClinicName::parse(name).map_err(wrong("clinic-name"))?)
        }
        StaffRole::Doctor => NewRole::Doctor(DoctorDetails {
            specialization: Specialization::parse(args.specialization.as_deref().unwrap_or_default())
                .map_err(wrong("specialization"))?,
            experience_years: ExperienceYears::parse(args.experience_years)
                .map_err(wrong("experience-years"))?,
            languages: args
                .languages
                .iter()
                .map(|language| Language::parse(language))
                .collect::<Result<_, _>>()
                .map_err(wrong("language"))?,
            clinic_id: args.clinic_id,
            price_class: PriceClass::parse(&args.price_class).map_err(wrong("price-class"))?,
            zone: Zone::parse(&args.zone).map_err(wrong("zone"))?,
            accepts: true,
            verified: true,
        }),
    })
}

/// More than any password may have.
const PASSWORD_BYTES_MAX: u64 = 4_096;
