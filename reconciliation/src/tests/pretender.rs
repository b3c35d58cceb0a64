//! A provider and its payout gateway in memory, whose lists may be shuffled, repeat themselves, or stop answering in the
//! middle.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use commands::ports::{
    Bank, Cancel, Capture, CreatePayment, Page, PaymentProvider, PaymentQuery, PaymentRail, PayoutProvider,
    PayoutRequest, PayoutSnapshot, ProviderFuture, ProviderReply, ReceiptIssuer, RefundQuery, RefundRequest,
    RefundSnapshot, RefusalKind, Refused, Snapshot, Statement, UnknownReason, Window,
};
use domain::money::Money;
use domain::payment::provider::{CaptureMode, Provider};
use uuid::Uuid;

use crate::window::holds;

/// What the lists are up to.
#[derive(Clone, Copy, Debug)]
pub struct Mischief {
    /// Payments or refunds to a page.
    pub page: usize,
    /// Each page repeats so many entries of the one before.
    pub repeats: usize,
    /// The order of entries is turned by so many.
    pub turned: usize,
}

pub const PLAIN: Mischief = Mischief {
    page: 3,
    repeats: 0,
    turned: 0,
};

pub struct Pretender {
    pub name: Provider,
    pub payments: Vec<Snapshot>,
    pub refunds: Vec<RefundSnapshot>,
    pub payouts: Vec<PayoutSnapshot>,
    pub mischief: Mischief,
    pub has_lists: bool,
    /// It answers so many questions and no more.
    pub answers_max: AtomicU32,
    /// It asks to be asked later so often first.
    pub throttles: AtomicU32,
}

impl Pretender {
    pub fn new(name: Provider) -> Self {
        Self {
            name,
            payments: Vec::new(),
            refunds: Vec::new(),
            payouts: Vec::new(),
            mischief: PLAIN,
            has_lists: true,
            answers_max: AtomicU32::new(u32::MAX),
            throttles: AtomicU32::new(0),
        }
    }

    fn answer<T: Send + 'static>(
        &self,
        with: impl FnOnce() -> ProviderReply<T>,
    ) -> ProviderFuture<'static, T> {
        let less = |count: u32| count.checked_sub(1);
        let answer = if self
            .throttles
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less)
            .is_ok()
        {
            let retry_after = Duration::from_millis(1);
            ProviderReply::Throttled { retry_after }
        } else if self
            .answers_max
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less)
            .is_ok()
        {
            with()
        } else {
            ProviderReply::Unknown(UnknownReason::Timeout)
        };
        Box::pin(async { answer })
    }

    fn page<T: Clone>(&self, mut entries: Vec<T>, cursor: Option<String>) -> ProviderReply<Page<T>> {
        let Mischief {
            page,
            repeats,
            turned,
        } = self.mischief;
        if !entries.is_empty() {
            let by = turned % entries.len();
            entries.rotate_left(by);
        }
        let at: usize = cursor.map_or(0, |cursor| cursor.parse().unwrap());
        let from = at.saturating_sub(repeats);
        let to = (at + page).min(entries.len());
        ProviderReply::Accepted(Page {
            items: entries[from.min(to)..to].to_vec(),
            next: (to < entries.len()).then(|| to.to_string()),
        })
    }
}

fn not_found<T>() -> ProviderReply<T> {
    ProviderReply::Refused(Refused {
        kind: RefusalKind::NotFound,
        code: "not_found".to_owned(),
        description: String::new(),
    })
}

fn nothing_moves<T: Send + 'static>() -> ProviderFuture<'static, T> {
    panic!("a comparison moves no money")
}

impl PaymentProvider for Pretender {
    fn name(&self) -> Provider {
        self.name
    }

    fn offers(&self, _: PaymentRail, _: CaptureMode) -> bool {
        false
    }

    fn create(&self, _: CreatePayment) -> ProviderFuture<'_, Snapshot> {
        nothing_moves()
    }

    fn capture(&self, _: Capture) -> ProviderFuture<'_, Snapshot> {
        nothing_moves()
    }

    fn cancel(&self, _: Cancel) -> ProviderFuture<'_, Snapshot> {
        nothing_moves()
    }

    fn refund(&self, _: RefundRequest) -> ProviderFuture<'_, RefundSnapshot> {
        nothing_moves()
    }

    fn payment(&self, provider_id: String) -> ProviderFuture<'_, Snapshot> {
        self.answer(|| {
            let mut all = self.payments.iter();
            let found = all.find(|payment| payment.provider_id == provider_id);
            found.cloned().map_or_else(not_found, ProviderReply::Accepted)
        })
    }

    fn find(&self, sought: PaymentQuery) -> ProviderFuture<'_, Vec<Snapshot>> {
        self.answer(|| {
            let ours = self
                .payments
                .iter()
                .filter(|payment| payment.reference == Some(sought.reference));
            ProviderReply::Accepted(ours.cloned().collect())
        })
    }

    fn refund_state(&self, sought: RefundQuery) -> ProviderFuture<'_, Option<RefundSnapshot>> {
        self.answer(|| {
            let is_it = |refund: &&RefundSnapshot| {
                refund.payment_provider_id == sought.payment_provider_id
                    && refund.number == Some(sought.number)
            };
            ProviderReply::Accepted(self.refunds.iter().find(is_it).cloned())
        })
    }

    fn probe(&self) -> ProviderFuture<'_, ()> {
        nothing_moves()
    }

    fn statement(&self) -> Option<&dyn Statement> {
        self.has_lists.then_some(self)
    }

    fn receipts(&self) -> Option<&dyn ReceiptIssuer> {
        None
    }
}

impl Statement for Pretender {
    fn payments(&self, window: Window, cursor: Option<String>) -> ProviderFuture<'_, Page<Snapshot>> {
        let within = |payment: &&Snapshot| payment.created_at.is_some_and(|at| holds(window, at));
        let entries = self.payments.iter().filter(within).cloned().collect();
        self.answer(|| self.page(entries, cursor))
    }

    fn refunds(&self, window: Window, cursor: Option<String>) -> ProviderFuture<'_, Page<RefundSnapshot>> {
        let within = |refund: &&RefundSnapshot| refund.created_at.is_some_and(|at| holds(window, at));
        let entries = self.refunds.iter().filter(within).cloned().collect();
        self.answer(|| self.page(entries, cursor))
    }
}

impl PayoutProvider for Pretender {
    fn name(&self) -> Provider {
        self.name
    }

    fn payout(&self, _: PayoutRequest) -> ProviderFuture<'_, PayoutSnapshot> {
        nothing_moves()
    }

    fn payout_state(&self, provider_id: String) -> ProviderFuture<'_, PayoutSnapshot> {
        self.answer(|| {
            let mut all = self.payouts.iter();
            let found = all.find(|payout| payout.provider_id == provider_id);
            found.cloned().map_or_else(not_found, ProviderReply::Accepted)
        })
    }

    fn find_payout(&self, _: Uuid, _: Window) -> ProviderFuture<'_, Vec<PayoutSnapshot>> {
        nothing_moves()
    }

    fn payouts(&self, window: Window, cursor: Option<String>) -> ProviderFuture<'_, Page<PayoutSnapshot>> {
        let within = |payout: &&PayoutSnapshot| payout.created_at.is_some_and(|at| holds(window, at));
        let entries = self.payouts.iter().filter(within).cloned().collect();
        self.answer(|| self.page(entries, cursor))
    }

    fn banks(&self) -> ProviderFuture<'_, Vec<Bank>> {
        nothing_moves()
    }

    fn balance(&self) -> ProviderFuture<'_, Option<Money>> {
        nothing_moves()
    }
}
