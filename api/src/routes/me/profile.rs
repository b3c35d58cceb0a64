//! A doctor or a clinic keeps what patients read about them.

use axum::extract::State;
use commands::accounts;
use commands::policy::MayKeepProfile;
use identity::{
    About, AccountChange, BasePoint, ClinicAddress, ClinicName, ExperienceYears, FieldChange, Language,
    PersonName, Phone, Specialization, TravelKm,
};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{Fields, FromBody};
use crate::extract::head::QueryParams;
use crate::extract::read::{Parsed, parsed, whole};
use crate::extract::request::{Caller, CommandRequest};
use crate::problem::Problem;
use crate::problem::field_error::FieldProblem;
use crate::read_consistency::ReadResponse;
use crate::representation::command_response::CommandResponse;
use crate::representation::profile::OwnProfileView;
use crate::representation::staff_account::AccountStandingView;
use crate::routes::admin::accounts::create::{languages, years};
use crate::routes::admin::accounts::edit::changed;
use crate::routes::auth::register::CONTACT_CHARS_MAX;

/// Text of a profile longer than this is not even looked at.
pub const PROFILE_CHARS_MAX: usize = 2_000;

/// What changes (RFC 7396): what is absent stays, null empties.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({
    "about": "Кардиолог высшей категории. Взрослые и дети.",
    "base_point": "55.7558,37.6176",
    "travel_km": 25
}))]
pub struct ProfileBody {
    /// What you say of yourselves, up to 1000 characters; null takes it away.
    #[schema(value_type = Option<String>)]
    pub about: FieldChange<About>,
    /// From where distances to you are counted: latitude and longitude. Rounded to about a kilometre before it is kept: no address can be
    /// found out of it. Null takes it away; a doctor then stands at their clinic's.
    #[schema(value_type = Option<String>)]
    pub base_point: FieldChange<BasePoint>,
    /// A doctor's: how far you travel, in kilometres; null takes it away.
    #[schema(value_type = Option<u16>, minimum = 1, maximum = 500)]
    pub travel_km: FieldChange<TravelKm>,
    /// A doctor's: codes of the languages you speak.
    #[schema(value_type = Option<Vec<String>>)]
    pub languages: Option<Vec<Language>>,
    /// A doctor's: for how long you practise.
    #[schema(value_type = Option<u8>, maximum = 80)]
    pub experience_years: Option<ExperienceYears>,
    /// A doctor's, until verified.
    #[schema(value_type = Option<String>)]
    pub specialization: Option<Specialization>,
    /// A doctor's, until verified.
    #[schema(value_type = Option<String>)]
    pub first_name: Option<PersonName>,
    /// A doctor's, until verified.
    #[schema(value_type = Option<String>)]
    pub last_name: Option<PersonName>,
    /// A clinic's: what it is called.
    #[schema(value_type = Option<String>)]
    pub clinic_name: Option<ClinicName>,
    /// A clinic's: where it is, for everybody to read; null takes it away.
    #[schema(value_type = Option<String>)]
    pub address: FieldChange<ClinicAddress>,
    /// A clinic's: under which number everybody calls it; null takes it away.
    #[schema(value_type = Option<String>)]
    pub public_phone: FieldChange<Phone>,
}

/// What patients read of doctors and clinics, beside what admins alone change.
#[derive(Clone, Debug)]
pub struct PublicFields {
    /// What they say of themselves.
    pub about: FieldChange<About>,
    /// From where distances are counted.
    pub base_point: FieldChange<BasePoint>,
    /// How far a doctor travels.
    pub travel_km: FieldChange<TravelKm>,
    /// Where a clinic is.
    pub address: FieldChange<ClinicAddress>,
    /// Under which number everybody calls it.
    pub public_phone: FieldChange<Phone>,
}

impl PublicFields {
    /// Reads them out of a body.
    pub fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let about = changed(fields, "about", parsed(About::parse, PROFILE_CHARS_MAX));
        let base_point = changed(fields, "base_point", parsed(BasePoint::parse, CONTACT_CHARS_MAX));
        let travel_km = changed(fields, "travel_km", travel_km);
        let address = changed(fields, "address", parsed(ClinicAddress::parse, PROFILE_CHARS_MAX));
        let public_phone = changed(fields, "public_phone", parsed(Phone::parse, CONTACT_CHARS_MAX));
        Some(Self {
            about: about?,
            base_point: base_point?,
            travel_km: travel_km?,
            address: address?,
            public_phone: public_phone?,
        })
    }
}

impl FromBody for ProfileBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let text = CONTACT_CHARS_MAX;
        let public = PublicFields::read(fields);
        let languages = fields.optional("languages", languages);
        let experience_years = fields.optional("experience_years", years);
        let specialization = fields.optional("specialization", parsed(Specialization::parse, text));
        let first_name = fields.optional("first_name", parsed(PersonName::parse, text));
        let last_name = fields.optional("last_name", parsed(PersonName::parse, text));
        let clinic_name = fields.optional("clinic_name", parsed(ClinicName::parse, text));
        let public = public?;
        Some(Self {
            about: public.about,
            base_point: public.base_point,
            travel_km: public.travel_km,
            languages: languages?,
            experience_years: experience_years?,
            specialization: specialization?,
            first_name: first_name?,
            last_name: last_name?,
            clinic_name: clinic_name?,
            address: public.address,
            public_phone: public.public_phone,
        })
    }
}

fn travel_km(raw: &RawValue) -> Parsed<TravelKm> {
    let km = whole(1, i64::from(TravelKm::MAX))(raw)?;
    TravelKm::parse(km).map_err(FieldProblem::from)
}

/// Read your public profile
///
/// For doctors and clinics: what patients read about you. Its `ETag` guards a change (`If-Match`).
#[utoipa::path(get, path = "/me/profile", tag = "doctors", security(("bearer" = [])),
    responses((status = 200, description = "The profile", body = OwnProfileView)))]
pub async fn profile(
    State(app): State<App>,
    QueryParams(()): QueryParams<()>,
    caller: Caller<MayKeepProfile>,
) -> Result<ReadResponse<OwnProfileView>, Problem> {
    let own = accounts::own_profile(app.services(), caller.id(), caller.role()).await?;
    Ok(ReadResponse {
        body: OwnProfileView::from(&own.answer),
        as_of: None,
        version: Some(own.version),
    })
}

/// Change your public profile
///
/// For doctors and clinics. What an admin verified a doctor by (name, specialization) the doctor changes only before that, or while another
/// application waits; then an admin does. History says which fields changed; `changed` names what really did.
#[utoipa::path(patch, path = "/me/profile", tag = "doctors", security(("bearer" = [])), request_body = ProfileBody,
    responses(
        (status = 200, description = "Changed", body = CommandResponse<AccountStandingView>),
        (status = 403, description = "`forbidden`, `account_deactivated`"),
        (status = 409, description = "`profile_verified`"),
    ))]
pub async fn edit_profile(
    State(app): State<App>,
    CommandRequest { metadata, body, .. }: CommandRequest<MayKeepProfile, ProfileBody>,
) -> Result<CommandResponse<AccountStandingView>, Problem> {
    let change = AccountChange {
        first_name: body.first_name,
        last_name: body.last_name,
        specialization: body.specialization,
        experience_years: body.experience_years,
        languages: body.languages,
        clinic_name: body.clinic_name,
        about: body.about,
        base_point: body.base_point,
        travel_km: body.travel_km,
        address: body.address,
        public_phone: body.public_phone,
        ..AccountChange::default()
    };
    let done = accounts::edit_own_profile(app.services(), &metadata, change).await?;
    Ok(CommandResponse::of(done, |state, _| {
        AccountStandingView::from(&state)
    }))
}
