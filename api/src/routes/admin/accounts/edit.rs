//! An admin changes what an account says.

use axum::extract::State;
use commands::accounts::{self, EditAccount};
use commands::policy::MayOperate;
use domain::ids::{ClinicId, kind};
use identity::{
    About, AccountChange, BasePoint, ClinicAddress, ClinicName, Email, ExperienceYears, FieldChange,
    Language, PersonName, Phone, PriceClass, Specialization, TravelKm, Zone,
};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{Fields, FromBody};
use crate::extract::head::At;
use crate::extract::read::{Parsed, id, parsed};
use crate::extract::request::CommandRequest;
use crate::problem::Problem;
use crate::representation::command_response::CommandResponse;
use crate::representation::staff_account::AccountStandingView;
use crate::routes::admin::accounts::create::{languages, years};
use crate::routes::auth::register::CONTACT_CHARS_MAX;
use crate::routes::me::profile::PublicFields;

/// What changes; what is absent stays.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"last_name": "Сидоров", "clinic_id": null}))]
pub struct EditAccountBody {
    /// The name to sign in with.
    #[schema(value_type = Option<String>, format = Email)]
    pub email: Option<Email>,
    /// Begins with `+7` or `8`, at least ten digits; null takes it away.
    #[schema(value_type = Option<String>)]
    pub phone: FieldChange<Phone>,
    /// 2 to 50 characters.
    #[schema(value_type = Option<String>)]
    pub first_name: Option<PersonName>,
    /// 2 to 50 characters.
    #[schema(value_type = Option<String>)]
    pub last_name: Option<PersonName>,
    /// What a doctor practises.
    #[schema(value_type = Option<String>)]
    pub specialization: Option<Specialization>,
    /// For how long a doctor has.
    #[schema(value_type = Option<u8>, maximum = 80)]
    pub experience_years: Option<ExperienceYears>,
    /// Codes of the languages a doctor speaks.
    #[schema(value_type = Option<Vec<String>>)]
    pub languages: Option<Vec<Language>>,
    /// A doctor's clinic; null takes the doctor out of it.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub clinic_id: FieldChange<ClinicId>,
    /// A doctor's: `standard`, `senior` or `expert`.
    #[schema(value_type = Option<String>, example = "standard")]
    pub price_class: Option<PriceClass>,
    /// The IANA zone of days that a doctor opens from now on.
    #[schema(value_type = Option<String>, example = "Europe/Moscow")]
    pub zone: Option<Zone>,
    /// A clinic's name.
    #[schema(value_type = Option<String>)]
    pub clinic_name: Option<ClinicName>,
    /// Public: of a doctor or a clinic; null takes it away.
    #[schema(value_type = Option<String>)]
    pub about: FieldChange<About>,
    /// Where distances are counted from, rounded to about a kilometre; null takes it away.
    #[schema(value_type = Option<String>)]
    pub base_point: FieldChange<BasePoint>,
    /// How far a doctor travels; null takes it away.
    #[schema(value_type = Option<u16>, minimum = 1, maximum = 500)]
    pub travel_km: FieldChange<TravelKm>,
    /// A clinic's, public; null takes it away.
    #[schema(value_type = Option<String>)]
    pub address: FieldChange<ClinicAddress>,
    /// A clinic's, public; null takes it away.
    #[schema(value_type = Option<String>)]
    pub public_phone: FieldChange<Phone>,
}

impl FromBody for EditAccountBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let text = CONTACT_CHARS_MAX;
        let email = fields.optional("email", parsed(Email::parse, text));
        let phone = changed(fields, "phone", parsed(Phone::parse, text));
        let first_name = fields.optional("first_name", parsed(PersonName::parse, text));
        let last_name = fields.optional("last_name", parsed(PersonName::parse, text));
        let specialization = fields.optional("specialization", parsed(Specialization::parse, text));
        let experience_years = fields.optional("experience_years", years);
        let languages = fields.optional("languages", languages);
        let clinic_id = changed(fields, "clinic_id", id);
        let price_class = fields.optional("price_class", parsed(PriceClass::parse, text));
        let zone = fields.optional("zone", parsed(Zone::parse, text));
        let clinic_name = fields.optional("clinic_name", parsed(ClinicName::parse, text));
        let public = PublicFields::read(fields);
        let public = public?;
        Some(Self {
            email: email?,
            phone: phone?,
            first_name: first_name?,
            last_name: last_name?,
            specialization: specialization?,
            experience_years: experience_years?,
            languages: languages?,
            clinic_id: clinic_id?,
            price_class: price_class?,
            zone: zone?,
            clinic_name: clinic_name?,
            about: public.about,
            base_point: public.base_point,
            travel_km: public.travel_km,
            address: public.address,
            public_phone: public.public_phone,
        })
    }
}

/// A field that null empties.
pub(crate) fn changed<'a, T>(
    fields: &mut Fields<'a>,
    name: &'static str,
    read: impl FnOnce(&'a RawValue) -> Parsed<T>,
) -> Option<FieldChange<T>> {
    let is_emptied = fields.is_null(name);
    let set = fields.optional(name, read)?;
    Some(match set {
        Some(value) => FieldChange::Set(value),
        None if is_emptied => FieldChange::Empty,
        None => FieldChange::Keep,
    })
}

/// Change an account
///
/// For admins. History says which fields changed and who did it; what they hold stays apart from it. `changed` in the answer
/// names what really changed; where nothing did, nothing happened. Bookings keep the clinic they were made with.
#[utoipa::path(patch, path = "/admin/accounts/{id}", tag = "admin", security(("bearer" = [])),
    params(("id" = String, Path, description = "The account", format = Uuid)), request_body = EditAccountBody,
    responses(
        (status = 200, description = "Changed", body = CommandResponse<AccountStandingView>),
        (status = 403, description = "`forbidden`, `account_deactivated`"),
        (status = 409, description = "`email_taken`, `phone_taken`, `no_such_clinic`"),
    ))]
pub async fn edit_account(
    State(app): State<App>,
    At(account_id): At<kind::Account>,
    CommandRequest { metadata, body, .. }: CommandRequest<MayOperate, EditAccountBody>,
) -> Result<CommandResponse<AccountStandingView>, Problem> {
    let change = AccountChange {
        email: body.email,
        phone: body.phone,
        first_name: body.first_name,
        last_name: body.last_name,
        specialization: body.specialization,
        experience_years: body.experience_years,
        languages: body.languages,
        clinic_id: body.clinic_id,
        price_class: body.price_class,
        zone: body.zone,
        clinic_name: body.clinic_name,
        about: body.about,
        base_point: body.base_point,
        travel_km: body.travel_km,
        address: body.address,
        public_phone: body.public_phone,
    };
    let done = accounts::edit(app.services(), &metadata, EditAccount { account_id, change }).await?;
    Ok(CommandResponse::of(done, |state, _| {
        AccountStandingView::from(&state)
    }))
}
