//! What a doctor keeps free.

use axum::extract::State;
use commands::schedule;
use domain::ids::kind;
use domain::people::Actor;
use jiff::Timestamp;
use projections::{Cursor, Limit, Model, open_slots};
use utoipa::IntoParams;

use crate::app::App;
use crate::extract::at::At;
use crate::extract::caller::{As, DayKeepers};
use crate::extract::conditions::ReadAfter;
use crate::extract::parameters::{Ask, Parameters, Question};
use crate::extract::read::instant_in;
use crate::fresh::{self, Shown};
use crate::problem::Problem;
use crate::representation::day::BlockView;
use crate::representation::page::PageView;

/// Which blocks.
#[derive(Clone, Copy, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BlocksQuestion {
    /// Blocks that end after this instant; now if absent.
    #[param(value_type = Option<String>, format = DateTime)]
    pub from: Option<Timestamp>,
    /// How many at most, 1 to 200; 50 if absent.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    pub limit: Limit,
    /// Where to go on: `next` of the page before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

impl Question for BlocksQuestion {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let from = parameters.optional("from", instant_in);
        let limit = parameters.limit();
        let cursor = parameters.cursor();
        Some(Self {
            from: from?,
            limit: limit?,
            cursor: cursor?,
        })
    }
}

/// List a doctor's blocks
///
/// For that doctor, clinics and admins, by their start; without those taken back.
#[utoipa::path(get, path = "/doctors/{id}/blocks", tag = "doctors", security(("bearer" = [])),
    params(("id" = String, Path, description = "The doctor", format = Uuid), BlocksQuestion),
    responses((status = 200, description = "A page of blocks", body = PageView<BlockView>)))]
pub async fn blocks(
    State(app): State<App>,
    At(doctor_id): At<kind::Doctor>,
    Ask(question): Ask<BlocksQuestion>,
    caller: As<DayKeepers>,
    read_after: ReadAfter,
) -> Result<Shown<PageView<BlockView>>, Problem> {
    let by = Actor::Person {
        id: caller.id(),
        role: caller.role(),
    };
    schedule::permit(app.services(), by, doctor_id).await?;
    let as_of = fresh::of_key(&app, Model::OpenSlots, &doctor_id.to_string(), read_after)
        .await?
        .as_of;
    let BlocksQuestion { from, limit, cursor } = question;
    let from = from.unwrap_or_else(|| app.now());
    let page = open_slots::blocks::standing(&app.models().pool, doctor_id, from, cursor, limit).await?;
    Ok(Shown {
        body: PageView::of(page, |block| BlockView::of(doctor_id, &block)),
        as_of,
        version: None,
    })
}
