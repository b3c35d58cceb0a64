//! What the columns of reports are called and what their values are: one meaning for one name, in every report.

/// What a column's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Words.
    Text,
    /// A UUID, as in the API.
    Id,
    /// How many.
    Integer,
    /// Whole seconds.
    Seconds,
    /// Rubles with two decimals, exact.
    Money,
    /// A share in percent with one decimal.
    Percent,
    /// Degrees of latitude or longitude with two decimals.
    Degrees,
    /// A local day, `2026-12-01`.
    Date,
    /// A local month, `2026-12`.
    Month,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Text,
        Self::Id,
        Self::Integer,
        Self::Seconds,
        Self::Money,
        Self::Percent,
        Self::Degrees,
        Self::Date,
        Self::Month,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Id => "id",
            Self::Integer => "integer",
            Self::Seconds => "seconds",
            Self::Money => "money",
            Self::Percent => "percent",
            Self::Degrees => "degrees",
            Self::Date => "date",
            Self::Month => "month",
        }
    }
}

/// A column of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in SQL, JSON and CSV.
    pub name: &'static str,
    /// What its values are.
    pub kind: Kind,
    /// What a chart calls it, in Russian.
    pub title: &'static str,
}

/// The column of this name.
pub(crate) fn find(name: &str) -> Option<Column> {
    COLUMNS
        .into_iter()
        .find(|(known, ..)| *known == name)
        .map(|(name, kind, title)| Column { name, kind, title })
}

use Kind::{Date, Degrees, Id, Integer, Money, Month, Percent, Seconds, Text};

const COLUMNS: [(&str, Kind, &str); 78] = [
    ("account", Text, "Счёт"),
    ("account_type", Text, "Вид счёта"),
    ("advances_at_the_end", Money, "Авансы на конец месяца"),
    ("ahead", Text, "За сколько"),
    ("amount", Money, "Сумма"),
    ("arrived", Integer, "Врач прибыл"),
    ("assigned", Integer, "Назначен врач"),
    ("assignments", Integer, "Назначения"),
    ("average_seconds", Seconds, "Среднее время"),
    ("before_unknown_fees", Money, "До неизвестных комиссий"),
    ("behind_seconds", Seconds, "Отставание"),
    ("booked_seconds", Seconds, "Занято"),
    ("bookings", Integer, "Заявки"),
    ("by_doctor", Integer, "По воле врача"),
    ("call_type", Text, "Вид вызова"),
    ("came_to_nothing", Integer, "Не состоялось"),
    ("cancel_reason", Text, "Причина отмены"),
    ("cancelled", Integer, "Отменено"),
    ("cancelled_by_role", Text, "Кто отменил"),
    ("captured", Money, "Получено"),
    ("clinic_id", Id, "Клиника"),
    ("closing_balance", Money, "Остаток"),
    ("commission", Money, "Комиссия платформы"),
    ("completed", Integer, "Завершено"),
    ("completed_bookings", Integer, "Завершено"),
    ("credit", Money, "Кредит"),
    ("day", Date, "День"),
    ("debit", Money, "Дебет"),
    ("difference", Money, "Расхождение"),
    ("doctor_id", Id, "Врач"),
    ("doctors_share", Money, "Доля врачей"),
    ("earning_bookings", Integer, "Заявки с доходом"),
    ("failed", Integer, "Не прошло"),
    ("failure_code", Text, "Причина отказа"),
    ("fees", Money, "Удержано"),
    ("first_month", Month, "Первый месяц"),
    ("given_up", Integer, "Не дождались"),
    ("hour", Integer, "Час"),
    ("known_fees", Money, "Известные комиссии"),
    ("known_provider_fees", Money, "Известные комиссии провайдеров"),
    ("late", Integer, "С опозданием"),
    ("median_seconds", Seconds, "Медиана"),
    ("method", Text, "Способ оплаты"),
    ("month", Month, "Месяц"),
    ("months_later", Integer, "Месяцев спустя"),
    ("moved_to_another", Integer, "Передано другому"),
    ("net", Money, "Осталось"),
    ("no_shows", Integer, "Никого не было"),
    ("open_seconds", Seconds, "Открыто"),
    ("owed", Money, "Долг"),
    ("p90_seconds", Seconds, "90 % не дольше"),
    ("paid", Integer, "Оплачено"),
    ("paid_after_all", Integer, "Оплачено потом"),
    ("paid_out", Money, "Выплачено"),
    ("parked_keys", Integer, "Остановлено ключей"),
    ("patients", Integer, "Пациенты"),
    ("percent", Percent, "Доля, %"),
    ("price_class", Text, "Категория врача"),
    ("provider", Text, "Провайдер"),
    ("quarter", Text, "Квартал"),
    ("reason", Text, "Причина"),
    ("refund_costs", Money, "Возвраты за счёт платформы"),
    ("refunded", Money, "Возвращено"),
    ("refunds", Integer, "Возвраты"),
    ("requested", Integer, "Заявлено"),
    ("requested_by_role", Text, "Кто запросил"),
    ("requested_date", Date, "День заявки"),
    ("seconds_to_arrival", Seconds, "До прибытия"),
    ("seconds_to_doctor", Seconds, "До назначения врача"),
    ("south", Degrees, "Южная граница"),
    ("speciality", Text, "Специальность"),
    ("status", Text, "Состояние"),
    ("taken", Money, "Получено авансов"),
    ("taken_off", Integer, "Врач снят"),
    ("unbalanced", Integer, "Не сходится"),
    ("urgent_bookings", Integer, "Срочные"),
    ("visits", Integer, "Визиты"),
    ("west", Degrees, "Западная граница"),
];
