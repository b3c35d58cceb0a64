//! What providers showed and the rules could not believe: an operator's tasks.

use axum::extract::State;
use projections::anomalies::query;
use projections::{Cursor, Limit, Model};
use utoipa::IntoParams;

use crate::app::App;
use crate::extract::caller::AsAdmin;
use crate::extract::conditions::ReadAfter;
use crate::extract::parameters::{Ask, Parameters, Question};
use crate::extract::read::word_in;
use crate::fresh::{self, Shown};
use crate::problem::Problem;
use crate::representation::anomaly::AnomalyView;
use crate::representation::page::PageView;

/// Which anomalies.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AnomaliesQuestion {
    /// Only those that wait for an operator; `true` if absent.
    #[param(value_type = Option<bool>, example = true)]
    pub open: bool,
    /// How many at most, 1 to 200; 50 if absent.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    pub limit: Limit,
    /// Where to go on: `next` of the page before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

impl Question for AnomaliesQuestion {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let open = parameters.optional("open", |text| {
            word_in(text, |word| word.parse::<bool>().ok(), "true, false")
        });
        let limit = parameters.limit();
        let cursor = parameters.cursor();
        Some(Self {
            open: open?.unwrap_or(true),
            limit: limit?,
            cursor: cursor?,
        })
    }
}

/// List anomalies
///
/// For admins: what providers showed of payments and payouts that cannot be true, the latest first. Nothing of it was believed; each waits
/// until somebody settles it.
#[utoipa::path(get, path = "/admin/anomalies", tag = "admin", security(("bearer" = [])), params(AnomaliesQuestion),
    responses((status = 200, description = "A page of anomalies", body = PageView<AnomalyView>)))]
pub async fn anomalies(
    State(app): State<App>,
    Ask(question): Ask<AnomaliesQuestion>,
    _caller: AsAdmin,
    read_after: ReadAfter,
) -> Result<Shown<PageView<AnomalyView>>, Problem> {
    fresh::insisted(&app, Model::Anomalies, read_after).await?;
    let AnomaliesQuestion { open, limit, cursor } = question;
    let page = query::page(&app.models().pool, open, cursor, limit).await?;
    Ok(Shown {
        body: PageView::of(page, AnomalyView::from),
        as_of: None,
        version: None,
    })
}
