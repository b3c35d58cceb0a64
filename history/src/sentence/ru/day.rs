//! The facts of a doctor's day, in Russian.

use domain::schedule::events::DoctorDayEvent as Event;

use super::words;

pub fn sentence(event: &Event) -> String {
    match event {
        Event::Opened { date, by, .. } => format!("День {date} открыт для записи ({})", words::actor(*by)),
        Event::Held { visit, until, .. } => {
            format!("Время с {} до {} удержано до {until}", visit.start(), visit.end())
        }
        Event::Claimed { visit, .. } => {
            format!("Время с {} до {} занято окончательно", visit.start(), visit.end())
        }
        Event::Released { date, .. } => format!("Время записи {date} снова свободно"),
        Event::Blocked { range, .. } => {
            format!("Врач оставил себе время с {} до {}", range.start(), range.end())
        }
        Event::Unblocked { date, .. } => format!("Врач вернул оставленное себе время {date}"),
        Event::Extended { date, by, .. } => {
            format!("День {date} принимает записи дольше ({})", words::actor(*by))
        }
        Event::Closed { date, by, .. } => format!("День {date} закрыт для записи ({})", words::actor(*by)),
    }
}
