//! What can be exported: a closed list.

/// A view of the schema `analytics`, or the log.
#[expect(missing_docs, reason = "views, described where they are made")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Bookings,
    Transitions,
    Assignments,
    Payments,
    Refunds,
    Payouts,
    LedgerLines,
    LedgerDaily,
    LedgerMonthly,
    LedgerBalance,
    DoctorHours,
    Districts,
    DimDoctor,
    DimClinic,
    DimPatient,
    Freshness,
    Settings,
    /// Every fact of the log, by position.
    Events,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::Bookings,
        Self::Transitions,
        Self::Assignments,
        Self::Payments,
        Self::Refunds,
        Self::Payouts,
        Self::LedgerLines,
        Self::LedgerDaily,
        Self::LedgerMonthly,
        Self::LedgerBalance,
        Self::DoctorHours,
        Self::Districts,
        Self::DimDoctor,
        Self::DimClinic,
        Self::DimPatient,
        Self::Freshness,
        Self::Settings,
        Self::Events,
    ];

    /// Its name: the view's, or `events`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bookings => "bookings",
            Self::Transitions => "transitions",
            Self::Assignments => "assignments",
            Self::Payments => "payments",
            Self::Refunds => "refunds",
            Self::Payouts => "payouts",
            Self::LedgerLines => "ledger_lines",
            Self::LedgerDaily => "ledger_daily",
            Self::LedgerMonthly => "ledger_monthly",
            Self::LedgerBalance => "ledger_balance",
            Self::DoctorHours => "doctor_hours",
            Self::Districts => "districts",
            Self::DimDoctor => "dim_doctor",
            Self::DimClinic => "dim_clinic",
            Self::DimPatient => "dim_patient",
            Self::Freshness => "freshness",
            Self::Settings => "settings",
            Self::Events => "events",
        }
    }

    /// What has this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.name() == name)
    }

    /// All names, for a sentence.
    pub fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }

    /// Whether its rows stand at positions of the log, which never change: it can be read from any position on, and gone on
    /// with. A view shows the present; read again, it shows another one.
    pub const fn has_positions(self) -> bool {
        matches!(self, Self::Events)
    }

    /// Where it is read from.
    pub(crate) fn relation(self) -> String {
        if self.has_positions() {
            "public.events".to_owned()
        } else {
            format!("analytics.{}", self.name())
        }
    }
}

/// The log's columns: as stored, and as they are called outside. The position comes first.
pub(crate) const EVENT_COLUMNS: [(&str, &str); 12] = [
    ("position", "position"),
    ("recorded_at", "recorded_at"),
    ("event_type", "event_type"),
    ("event_version", "event_version"),
    ("aggregate_type", "stream_type"),
    ("aggregate_id", "stream_id"),
    ("sequence", "version"),
    ("command_id", "command_id"),
    ("shard", "shard"),
    ("partition_key", "partition_key"),
    ("payload", "payload"),
    ("metadata", "metadata"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_again_and_nothing_else_is() {
        for source in Source::ALL {
            assert_eq!(Source::parse(source.name()), Some(source));
        }
        for other in [
            "",
            "accounts",
            "Bookings",
            "analytics.bookings",
            "events; drop table events",
        ] {
            assert_eq!(Source::parse(other), None, "{other}");
        }
    }
}
