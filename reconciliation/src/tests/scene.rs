//! Payments made to differ on purpose, and what a comparison owes to each.

use commands::ports::{
    PayoutProvider, Reference, ReferenceSubject, RefundSnapshot, Snapshot, Status, Window,
};
use domain::ids::PaymentId;
use domain::money::Money;
use domain::payment::attempt::RefundStage;
use domain::payment::provider::Provider;
use domain::payment::purpose::transfer_of;
use domain::payment::status::PaymentStatus;
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::memory::Memory;
use super::pretender::Pretender;
use crate::ledger_source::{OurPayment, OurRefund, PaymentRecord};
use crate::report::{Handling, Kind, Report};
use crate::sweep::{ProviderSide, Sweep, SweepError, sweep};
use crate::window::SweepLimits;

/// How the two sides of one payment stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    Equal,
    Foreign,
    NobodysReference,
    Unlinked,
    Missing,
    NeverSent,
    OtherSum,
    Behind,
    Doubled,
    HarmlessDouble,
    RefundedAlike,
    RefundedThere,
    RefundedHere,
    RefundBehind,
}

/// What a comparison says of a case, if anything.
pub type Said = Option<(Kind, Handling)>;

impl Case {
    pub const ALL: [Self; 14] = [
        Self::Equal,
        Self::Foreign,
        Self::NobodysReference,
        Self::Unlinked,
        Self::Missing,
        Self::NeverSent,
        Self::OtherSum,
        Self::Behind,
        Self::Doubled,
        Self::HarmlessDouble,
        Self::RefundedAlike,
        Self::RefundedThere,
        Self::RefundedHere,
        Self::RefundBehind,
    ];

    /// What a first comparison says of it, and what a second one.
    pub const fn owed(self) -> (Said, Said) {
        match self {
            Self::Equal | Self::NeverSent | Self::HarmlessDouble | Self::RefundedAlike => (None, None),
            Self::Foreign => twice(Kind::ForeignPayment, Handling::Nothing),
            Self::NobodysReference => twice(Kind::UnknownReference, Handling::Nothing),
            Self::Unlinked => (Some((Kind::UnlinkedPayment, Handling::Adopted)), None),
            Self::Missing => twice(Kind::MissingPayment, Handling::Nothing),
            Self::OtherSum => twice(Kind::PaymentDiffers, Handling::AnomalyOpen),
            Self::Behind => (Some((Kind::PaymentDiffers, Handling::Recorded)), None),
            Self::Doubled => twice(Kind::SecondPayment, Handling::AnomalyOpen),
            Self::RefundedThere => twice(Kind::ForeignRefund, Handling::AnomalyOpen),
            Self::RefundedHere => twice(Kind::MissingRefund, Handling::Nothing),
            Self::RefundBehind => (Some((Kind::RefundDiffers, Handling::Recorded)), None),
        }
    }
}

/// What is said the first time and ever after.
pub const fn twice(kind: Kind, done: Handling) -> (Said, Said) {
    (Some((kind, done)), Some((kind, done)))
}

pub const PRICE: Money = Money::kopecks(150_000);
pub const PART: Money = Money::kopecks(40_000);

pub fn window() -> Window {
    Window {
        from: "2026-11-22T00:00:00Z".parse().unwrap(),
        to: "2026-11-23T00:00:00Z".parse().unwrap(),
    }
}

/// Both sides.
pub struct Scene {
    pub ours: Memory,
    pub theirs: Pretender,
    pub limits: SweepLimits,
    /// Whether a payout gateway is set up.
    pub pays_out: bool,
}

impl Scene {
    pub fn new() -> Self {
        Self {
            ours: Memory::default(),
            theirs: Pretender::new(Provider::Yookassa),
            limits: SweepLimits {
                pace: std::time::Duration::ZERO,
                ..SweepLimits::default()
            },
            pays_out: true,
        }
    }

    /// One more payment, begun at this moment by our clock and seen with this skew by theirs.
    pub fn add(&mut self, number: u128, case: Case, at: Timestamp, skew: SignedDuration) {
        let there_at = at + skew;
        let mut carried = carried(number, at);
        let mut there = there(number, there_at);
        match case {
            Case::Equal => {}
            Case::Foreign => there.reference = None,
            Case::NobodysReference | Case::Missing => {}
            Case::Unlinked | Case::NeverSent => {
                carried.ours = payment_pending(carried.ours);
                carried.ours.provider_id = None;
                there = pending(there);
            }
            Case::OtherSum => there.captured = Some(PART),
            Case::Behind => carried.ours = payment_pending(carried.ours),
            Case::Doubled | Case::HarmlessDouble => {
                let mut second = there.clone();
                second.provider_id = format!("second-{number}");
                if case == Case::HarmlessDouble {
                    second.status = Status::Cancelled;
                }
                self.theirs.payments.push(second);
            }
            Case::RefundedAlike => {
                refund_here(&mut carried, RefundStage::Succeeded);
                self.refund_there(&mut there, Some(1), there_at);
            }
            Case::RefundedThere => self.refund_there(&mut there, None, there_at),
            Case::RefundedHere => {
                refund_here(&mut carried, RefundStage::Succeeded);
                there.refunded = Some(PART);
            }
            Case::RefundBehind => {
                refund_here(&mut carried, RefundStage::Pending);
                self.refund_there(&mut there, Some(1), there_at);
            }
        }
        if !matches!(case, Case::Foreign | Case::NobodysReference) {
            self.ours.put(carried);
        }
        if !matches!(case, Case::Missing | Case::NeverSent) {
            self.theirs.payments.push(there);
        }
    }

    fn refund_there(&mut self, payment: &mut Snapshot, number: Option<u32>, at: Timestamp) {
        payment.refunded = Some(PART);
        self.theirs.refunds.push(RefundSnapshot {
            provider: payment.provider,
            provider_id: Some(format!("refund-of-{}", payment.provider_id)),
            payment_provider_id: payment.provider_id.clone(),
            status: Status::Succeeded,
            amount: PART,
            created_at: Some(at),
            number,
            cancelled: None,
            receipt: None,
        });
    }

    pub async fn compare(&self) -> Report {
        self.try_compare(&CancellationToken::new()).await.unwrap()
    }

    pub async fn try_compare(&self, stop: &CancellationToken) -> Result<Report, SweepError> {
        sweep(Sweep {
            ledger: &self.ours,
            providers: &[ProviderSide::of(&self.theirs)],
            gateway: self.pays_out.then_some(&self.theirs as &dyn PayoutProvider),
            window: window(),
            limits: self.limits,
            stop,
            progress: &|progress| assert!(progress.done <= progress.total),
        })
        .await
    }
}

/// Taken in full on both sides.
fn carried(number: u128, at: Timestamp) -> PaymentRecord {
    PaymentRecord {
        ours: OurPayment {
            payment_id: id(number),
            subject: subject(number),
            provider_id: Some(format!("there-{number}")),
            attempt: 1,
            status: PaymentStatus::Completed,
            amount: PRICE,
            held: Money::ZERO,
            captured: PRICE,
            refunded: Money::ZERO,
            income: Some(Money::kopecks(145_000)),
            started_at: at,
        },
        reserved: Money::ZERO,
        refunds: Vec::new(),
        anomalies: Vec::new(),
    }
}

fn payment_pending(ours: OurPayment) -> OurPayment {
    OurPayment {
        status: PaymentStatus::Pending,
        captured: Money::ZERO,
        income: None,
        ..ours
    }
}

fn refund_here(carried: &mut PaymentRecord, stage: RefundStage) {
    carried.reserved = PART;
    if stage == RefundStage::Succeeded {
        carried.ours.refunded = PART;
        carried.ours.status = PaymentStatus::PartiallyRefunded;
    }
    carried.refunds.push(OurRefund {
        payment_id: carried.ours.payment_id,
        number: 1,
        payment_provider_id: carried.ours.provider_id.clone(),
        provider_id: carried
            .ours
            .provider_id
            .as_ref()
            .map(|id| format!("refund-of-{id}")),
        stage,
        amount: PART,
        captured: PRICE,
        requested_at: carried.ours.started_at,
    });
}

pub fn there(number: u128, at: Timestamp) -> Snapshot {
    Snapshot {
        provider: Provider::Yookassa,
        provider_id: format!("there-{number}"),
        status: Status::Succeeded,
        amount: PRICE,
        captured: Some(PRICE),
        refunded: Some(Money::ZERO),
        income: Some(Money::kopecks(145_000)),
        expires_at: None,
        created_at: Some(at),
        confirmation_url: None,
        qr_payload: None,
        reference: Some(Reference {
            subject: subject(number),
            attempt: 1,
        }),
        cancelled: None,
        receipt: None,
        test: true,
    }
}

fn pending(there: Snapshot) -> Snapshot {
    Snapshot {
        status: Status::Pending,
        captured: Some(Money::ZERO),
        income: None,
        ..there
    }
}

/// Every third one is a deposit into a wallet.
fn subject(number: u128) -> ReferenceSubject {
    if number % 3 == 1 {
        ReferenceSubject::Deposit(transfer_of(id(number)))
    } else {
        ReferenceSubject::Payment(id(number))
    }
}

fn id(number: u128) -> PaymentId {
    PaymentId::from_uuid(Uuid::from_u128(number))
}
