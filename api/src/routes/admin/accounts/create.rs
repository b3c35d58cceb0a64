//! An admin makes an account for somebody who works here.

use axum::Json;
use axum::extract::State;
use commands::policy::MayOperate;
use domain::ids::ClinicId;
use domain::people::Role;
use identity::{
    ClinicName, DoctorDetails, Email, ExperienceYears, LANGUAGES_MAX, Language, NewAccount, NewRole,
    Password, PersonName, Phone, PriceClass, Specialization, Zone, own_words,
};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{Fields, FromBody};
use crate::extract::read::{Parsed, id, one_of, parsed, truth, whole};
use crate::extract::request::AuthenticatedRequest;
use crate::problem::Problem;
use crate::problem::field_error::FieldProblem;
use crate::representation::account::AccountView;
use crate::routes::auth::register::CONTACT_CHARS_MAX;

/// The account to make.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({
    "role": "doctor",
    "email": "doctor@example.com",
    "password": "moss-kettle-ferry",
    "first_name": "Пётр",
    "last_name": "Петров",
    "specialization": "Кардиолог",
    "experience_years": 15,
    "languages": ["ru", "en"],
    "zone": "Europe/Moscow"
}))]
pub struct AccountBody {
    /// `doctor`, `clinic`, `admin` or `analyst`.
    #[schema(value_type = String, example = "doctor")]
    pub role: Role,
    /// The name to sign in with.
    #[schema(value_type = String, format = Email)]
    pub email: Email,
    /// The first password, 12 to 128 characters, and none that is soon guessed.
    #[schema(value_type = String)]
    pub password: Password,
    /// 2 to 50 characters.
    #[schema(value_type = String)]
    pub first_name: PersonName,
    /// 2 to 50 characters.
    #[schema(value_type = String)]
    pub last_name: PersonName,
    /// Begins with `+7` or `8`, at least ten digits.
    #[schema(value_type = Option<String>)]
    pub phone: Option<Phone>,
    /// What a doctor practises; required for doctors.
    #[schema(value_type = Option<String>)]
    pub specialization: Option<Specialization>,
    /// For how long a doctor has; 0 if absent.
    #[schema(value_type = Option<u8>, maximum = 80)]
    pub experience_years: Option<ExperienceYears>,
    /// Codes of the languages a doctor speaks; `ru` if absent.
    #[schema(value_type = Option<Vec<String>>)]
    pub languages: Option<Vec<Language>>,
    /// A doctor's clinic.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub clinic_id: Option<ClinicId>,
    /// `standard` (the default), `senior` or `expert`.
    #[schema(value_type = Option<String>, example = "standard")]
    pub price_class: Option<PriceClass>,
    /// The IANA zone of a doctor's days; `Europe/Moscow` if absent.
    #[schema(value_type = Option<String>, example = "Europe/Moscow")]
    pub zone: Option<Zone>,
    /// Whether a doctor takes bookings; `true` if absent.
    pub accepts: Option<bool>,
    /// Whether you answer for what a doctor says here; `true` if absent. Until an admin does the doctor is not offered.
    pub verified: Option<bool>,
    /// A clinic's name; required for clinics.
    #[schema(value_type = Option<String>)]
    pub clinic_name: Option<ClinicName>,
}

impl FromBody for AccountBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let text = CONTACT_CHARS_MAX;
        let staff = |word: &str| Role::parse(word).filter(|role| *role != Role::Patient);
        let role = fields.required("role", one_of(staff, "doctor, clinic, admin, analyst".to_owned()));
        let email = fields.required("email", parsed(Email::parse, text));
        let password = fields.required("password", parsed(Password::parse, text));
        let first_name = fields.required("first_name", parsed(PersonName::parse, text));
        let last_name = fields.required("last_name", parsed(PersonName::parse, text));
        let phone = fields.optional("phone", parsed(Phone::parse, text));
        let specialization = fields.optional("specialization", parsed(Specialization::parse, text));
        let experience_years = fields.optional("experience_years", years);
        let languages = fields.optional("languages", languages);
        let clinic_id = fields.optional("clinic_id", id);
        let price_class = fields.optional("price_class", parsed(PriceClass::parse, text));
        let zone = fields.optional("zone", parsed(Zone::parse, text));
        let accepts = fields.optional("accepts", truth);
        let verified = fields.optional("verified", truth);
        let clinic_name = fields.optional("clinic_name", parsed(ClinicName::parse, text));
        let required = |name: &str| FieldProblem::new("required", format!("is required for a {name}"));
        if role == Some(Role::Doctor) && matches!(specialization, Some(None)) {
            fields.fault("specialization", required("doctor"));
        }
        if role == Some(Role::Clinic) && matches!(clinic_name, Some(None)) {
            fields.fault("clinic_name", required("clinic"));
        }
        let read = Self {
            role: role?,
            email: email?,
            password: password?,
            first_name: first_name?,
            last_name: last_name?,
            phone: phone?,
            specialization: specialization?,
            experience_years: experience_years?,
            languages: languages?,
            clinic_id: clinic_id?,
            price_class: price_class?,
            zone: zone?,
            accepts: accepts?,
            verified: verified?,
            clinic_name: clinic_name?,
        };
        let words = own_words(
            &read.email,
            &read.first_name,
            &read.last_name,
            read.phone.as_ref(),
        );
        let suits = read.password.suits(read.role, &words);
        suits
            .map_err(|refusal| fields.fault("password", refusal.into()))
            .ok()?;
        Some(read)
    }
}

pub(crate) fn years(raw: &RawValue) -> Parsed<ExperienceYears> {
    let years = whole(0, i64::from(u8::MAX))(raw)?;
    ExperienceYears::parse(years).map_err(FieldProblem::from)
}

pub(crate) fn languages(raw: &RawValue) -> Parsed<Vec<Language>> {
    let words: Vec<String> = serde_json::from_str(raw.get())
        .map_err(|_| FieldProblem::new("not_a_list", "must be a list of language codes"))?;
    if words.len() > LANGUAGES_MAX {
        return Err(FieldProblem::new(
            "too_many",
            format!("has at most {LANGUAGES_MAX} entries"),
        ));
    }
    words
        .iter()
        .map(|word| Language::parse(word).map_err(FieldProblem::from))
        .collect()
}

impl AccountBody {
    fn into_account(self) -> Result<NewAccount, Problem> {
        let missing = |name: &str| {
            Problem::invalid(vec![
                FieldProblem::new("required", "is required for this role").at(format!("/{name}")),
            ])
        };
        let not_allowed = || {
            Problem::invalid(vec![
                FieldProblem::new("not_allowed", "patients register themselves").at("/role"),
            ])
        };
        let role = match self.role {
            Role::Patient => return Err(not_allowed()),
            Role::Doctor => NewRole::Doctor(DoctorDetails {
                specialization: self.specialization.ok_or_else(|| missing("specialization"))?,
                experience_years: match self.experience_years {
                    Some(years) => years,
                    None => ExperienceYears::parse(0).map_err(|error| Problem::internal(&error))?,
                },
                languages: match self.languages {
                    Some(languages) => languages,
                    None => vec![Language::parse("ru").map_err(|error| Problem::internal(&error))?],
                },
                clinic_id: self.clinic_id,
                price_class: self.price_class.unwrap_or_default(),
                zone: match self.zone {
                    Some(zone) => zone,
                    None => Zone::parse("Europe/Moscow").map_err(|error| Problem::internal(&error))?,
                },
                accepts: self.accepts.unwrap_or(true),
                verified: self.verified.unwrap_or(true),
            }),
            Role::Clinic => NewRole::Clinic(self.clinic_name.ok_or_else(|| missing("clinic_name"))?),
            Role::Admin => NewRole::Admin,
            Role::Analyst => NewRole::Analyst,
        };
        let Self {
            email,
            password,
            first_name,
            last_name,
            phone,
            ..
        } = self;
        Ok(NewAccount {
            role,
            email,
            password,
            first_name,
            last_name,
            phone,
        })
    }
}

/// Make an account
///
/// For admins: doctors, clinics, admins and analysts; an admin by a fresh proof.
#[utoipa::path(post, path = "/admin/accounts", tag = "admin", security(("bearer" = [])), request_body = AccountBody,
    responses(
        (status = 200, description = "Made", body = AccountView),
        (status = 403, description = "`forbidden`, `proof_required`"),
        (status = 409, description = "`email_taken`, `phone_taken`, `no_such_clinic`"),
    ))]
pub async fn create_account(
    State(app): State<App>,
    AuthenticatedRequest { caller, body }: AuthenticatedRequest<MayOperate, AccountBody>,
) -> Result<Json<AccountView>, Problem> {
    // Whoever has stolen a session makes nobody who outlives it.
    if body.role == Role::Admin {
        let session = caller.principal.session_id;
        app.people().require_fresh_proof(session, app.now()).await?;
    }
    let account = app
        .people()
        .create_account_by(&caller.actor(), body.into_account()?, app.now())
        .await?;
    caller.origin.set_told();
    Ok(Json(AccountView::from(&account)))
}
