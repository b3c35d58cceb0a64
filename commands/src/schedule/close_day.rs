//! A day closes: it takes no bookings by itself any more.

use domain::ids::DoctorId;
use domain::schedule::DoctorDay;
use domain::schedule::commands::CloseDay as CloseDayWish;
use jiff::civil::Date;

use crate::answer::{DayAnswer, Done};
use crate::bookings::days::Days;
use crate::bookings::overdue::Rounds;
use crate::context::Asked;
use crate::house::House;
use crate::refusal::{CommandFault, Refusal};
use crate::schedule::open_day::permit;
use crate::streams::{self, Stop};

/// A day to close.
#[derive(Clone, Copy, Debug)]
pub struct CloseDay {
    /// Whose.
    pub doctor_id: DoctorId,
    /// The local date.
    pub date: Date,
}

/// Closes a day, as that doctor, the doctor's clinic or an admin. A day that is not open is closed already.
///
/// # Errors
/// `forbidden`, `day_claimed` while any visit claims time there, `in_the_past`; and the faults of the log.
pub async fn close_day(
    house: &House,
    asked: &Asked,
    wish: CloseDay,
) -> Result<Done<DayAnswer>, CommandFault> {
    permit(house, asked.by, wish.doctor_id).await?;
    let mut rounds = Rounds::default();
    loop {
        let answer = close(house, asked, wish).await;
        if !rounds.made_way(house, asked, &answer).await? {
            return answer;
        }
    }
}

async fn close(house: &House, asked: &Asked, wish: CloseDay) -> Result<Done<DayAnswer>, CommandFault> {
    let CloseDay { doctor_id, date } = wish;
    let name = streams::day(doctor_id, date);
    let known = std::slice::from_ref(&name);
    let outcome = event_store::execute::<Refusal, _>(&house.log, &asked.context(&name), known, |room| {
        let days = Days::load(room, doctor_id, None, &[date])?;
        let close = CloseDayWish {
            date,
            by: asked.by,
            at: room.now(),
        };
        let facts = days.neighbourhood().close(close).map_err(Stop::refuse)?;
        days.record(room, facts)
    })
    .await?;
    Ok(Done {
        answer: DayAnswer {
            day: outcome.state::<DoctorDay>(&name).unwrap_or_default(),
        },
        position: outcome.position,
        version: outcome.version(&name),
        replayed: outcome.replayed,
    })
}
