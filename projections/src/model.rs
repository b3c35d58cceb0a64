//! The read models there are: name and schema version.

use event_store::EventLog;
use sqlx::PgPool;

/// A read model. Its name is its consumer's name, its checkpoints' and its pointer's.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Model {
    /// Bookings: in full, in the lists of patients, doctors, clinics and staff, and the urgent calls that wait for a doctor.
    Bookings,
    OpenSlots,
    /// Where the money is: payments and double entries.
    PaymentLedger,
    /// What providers carry: payments and refunds as reconciliation compares them.
    ProviderPayments,
    /// Money on its way out: each payout as it stands.
    Payouts,
    /// What could not be believed of payments and payouts: the tasks of operators.
    Anomalies,
}

impl Model {
    /// In the order of their declaration.
    pub const ALL: [Self; 6] = [
        Self::Bookings,
        Self::OpenSlots,
        Self::PaymentLedger,
        Self::ProviderPayments,
        Self::Payouts,
        Self::Anomalies,
    ];

    /// The stable name, as in the database, metrics and command line, and the version of the tables' shape.
    const fn stored(self) -> (&'static str, i32) {
        match self {
            Self::Bookings => ("bookings", 1),
            Self::OpenSlots => ("open_slots", 2),
            Self::PaymentLedger => ("payment_ledger", 3),
            Self::ProviderPayments => ("provider_payments", 1),
            Self::Payouts => ("payouts", 2),
            Self::Anomalies => ("anomalies", 1),
        }
    }

    /// As in the database, in metrics and on the command line.
    pub const fn name(self) -> &'static str {
        self.stored().0
    }

    /// The model with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|model| model.name() == name)
    }

    /// Which shape of the tables this code reads and writes; each shape has a live generation of its own.
    pub const fn schema_version(self) -> i32 {
        self.stored().1
    }
}

/// What questions are asked of: the tables and the log they are built from.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone)]
pub struct Models {
    pub pool: PgPool,
    pub log: EventLog,
}

impl Models {
    /// The read models of this log, through its own connections.
    pub fn new(log: EventLog) -> Self {
        Self {
            pool: log.pool().clone(),
            log,
        }
    }
}
