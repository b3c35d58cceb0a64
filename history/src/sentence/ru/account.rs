//! The facts of accounts, in Russian.

use domain::account::events::{AccountEvent as Event, AccountField};

use super::words;

pub fn sentence(event: &Event) -> String {
    match event {
        Event::Deactivated { reason, by, .. } => format!(
            "Учётная запись отключена ({}): {}",
            words::actor(*by),
            words::deactivation_reason(*reason)
        ),
        Event::Reactivated { by, .. } => format!("Учётная запись снова включена ({})", words::actor(*by)),
        Event::Edited { fields, by, .. } => format!(
            "Учётная запись изменена ({}): {}",
            words::actor(*by),
            named(fields)
        ),
        Event::SessionsEnded { session_id, by, .. } => format!(
            "{} ({})",
            match session_id {
                Some(_) => "Сеанс завершён",
                None => "Все сеансы завершены",
            },
            words::actor(*by)
        ),
        Event::Applied { by, .. } => format!("Врач подал заявку на подтверждение ({})", words::actor(*by)),
        Event::ApplicationRefused { reason, by, .. } => format!(
            "Заявка врача отклонена ({}): {}",
            words::actor(*by),
            words::application_refused_reason(*reason)
        ),
        Event::Verified { by, .. } => format!("Врач подтверждён ({})", words::actor(*by)),
        Event::Unverified { reason, by, .. } => format!(
            "Врач больше не подтверждён ({}): {}",
            words::actor(*by),
            words::unverified_reason(*reason)
        ),
        Event::JoinedClinic { by, .. } => format!("Врач вступил в клинику ({})", words::actor(*by)),
        Event::LeftClinic { by, .. } => format!("Врач больше не в клинике ({})", words::actor(*by)),
        Event::BankAccountNamed { rests_until, by, .. } => format!(
            "Назван новый счёт ({}); деньги уходят на него не раньше {rests_until:.0}",
            words::actor(*by)
        ),
    }
}

fn named(fields: &[AccountField]) -> String {
    let words: Vec<&str> = fields.iter().map(|field| words::account_field(*field)).collect();
    words.join(", ")
}
