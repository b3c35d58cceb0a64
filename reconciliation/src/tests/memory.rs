//! Our side in memory, with just enough rules to learn what a provider has.

use std::collections::BTreeMap;
use std::sync::Mutex;

use commands::ports::{ReferenceSubject, RefundSnapshot, Snapshot, Status, Window};
use domain::ids::{PaymentId, PayoutId};
use domain::money::Money;
use domain::payment::anomaly::{Anomaly, AnomalyEntry, AnomalyKind, Resolution};
use domain::payment::attempt::RefundStage;
use domain::payment::provider::Provider;
use domain::payment::purpose::payment_of;
use domain::payment::status::PaymentStatus;
use domain::payout::Payout;
use futures::FutureExt as _;
use jiff::Timestamp;
use projections::provider_payments::TotalRow;

use crate::ledger_source::{
    Interval, LedgerFuture, LedgerSource, OurPayment, OurRefund, PaymentRecord, RecordedPayment,
};
use crate::window::holds;

#[derive(Default)]
pub struct Memory {
    payments: Mutex<BTreeMap<PaymentId, PaymentRecord>>,
    /// What goes out, by the domain's own rules.
    pub payouts: Mutex<BTreeMap<PayoutId, Payout>>,
}

impl Memory {
    pub fn put(&self, carried: PaymentRecord) {
        self.payments
            .lock()
            .unwrap()
            .insert(carried.ours.payment_id, carried);
    }

    pub fn settle_all(&self, resolution: Resolution) {
        for carried in self.payments.lock().unwrap().values_mut() {
            for entry in &mut carried.anomalies {
                entry.resolution = Some(resolution);
            }
        }
    }

    fn read<T>(&self, with: impl FnOnce(&BTreeMap<PaymentId, PaymentRecord>) -> T) -> T {
        with(&self.payments.lock().unwrap())
    }
}

pub fn answered<T: Send + 'static>(answer: T) -> LedgerFuture<'static, T> {
    async { Ok(answer) }.boxed()
}

/// What the domain's rules make of it, in short: a step up in rank is believed, everything else an anomaly.
fn learn(carried: &mut PaymentRecord, seen: &Snapshot) {
    let ours = &mut carried.ours;
    if ours.provider_id.get_or_insert_with(|| seen.provider_id.clone()) != &seen.provider_id {
        return note(carried, AnomalyKind::SecondPayment, seen, seen.captured);
    }
    match (ours.status, &seen.status) {
        (PaymentStatus::Pending, Status::Succeeded) => {
            ours.status = PaymentStatus::Completed;
            ours.captured = seen.captured.unwrap();
            ours.income = seen.income;
        }
        (PaymentStatus::Completed, Status::Succeeded) if seen.captured != Some(ours.captured) => {
            note(carried, AnomalyKind::FinalContradicted, seen, seen.captured);
        }
        (PaymentStatus::Completed, Status::Succeeded)
            if seen
                .refunded
                .is_some_and(|refunded| refunded.minor > carried.reserved.minor) =>
        {
            note(carried, AnomalyKind::ForeignRefund, seen, seen.refunded);
        }
        _ => {}
    }
}

fn note(carried: &mut PaymentRecord, kind: AnomalyKind, of: &Snapshot, seen: Option<Money>) {
    let anomaly = Anomaly {
        kind,
        provider_id: Some(of.provider_id.clone()),
        seen,
        call: None,
    };
    if carried.anomalies.iter().all(|entry| entry.anomaly != anomaly) {
        let number = u32::try_from(carried.anomalies.len()).unwrap() + 1;
        carried.anomalies.push(AnomalyEntry {
            number,
            anomaly,
            resolution: None,
        });
    }
}

impl LedgerSource for Memory {
    fn payments(
        &self,
        within: Interval,
        after: Option<(Timestamp, PaymentId)>,
        rows: u32,
    ) -> LedgerFuture<'_, Vec<OurPayment>> {
        let mut found: Vec<OurPayment> =
            self.read(|all| all.values().map(|carried| carried.ours.clone()).collect());
        found.retain(|ours| {
            holds(within.window, ours.started_at)
                && after.is_none_or(|after| (ours.started_at, ours.payment_id) > after)
        });
        found.sort_by_key(|ours| (ours.started_at, ours.payment_id));
        found.truncate(usize::try_from(rows).unwrap());
        answered(found)
    }

    fn known_as(
        &self,
        _: Provider,
        provider_ids: Vec<String>,
        payments: Vec<PaymentId>,
    ) -> LedgerFuture<'_, Vec<OurPayment>> {
        let is_meant = |ours: &OurPayment| {
            payments.contains(&ours.payment_id)
                || ours
                    .provider_id
                    .as_ref()
                    .is_some_and(|id| provider_ids.contains(id))
        };
        let found = self.read(|all| {
            let ours = all.values().map(|carried| &carried.ours);
            ours.filter(|ours| is_meant(ours)).cloned().collect()
        });
        answered(found)
    }

    fn refunds(
        &self,
        within: Interval,
        after: Option<(Timestamp, PaymentId, u32)>,
        rows: u32,
    ) -> LedgerFuture<'_, Vec<OurRefund>> {
        let place = |refund: &OurRefund| (refund.requested_at, refund.payment_id, refund.number);
        let mut found: Vec<OurRefund> =
            self.read(|all| all.values().flat_map(|carried| carried.refunds.clone()).collect());
        found.retain(|refund| {
            holds(within.window, refund.requested_at) && after.is_none_or(|after| place(refund) > after)
        });
        found.sort_by_key(place);
        found.truncate(usize::try_from(rows).unwrap());
        answered(found)
    }

    fn refunds_of(&self, _: Provider, ids: Vec<String>) -> LedgerFuture<'_, Vec<OurRefund>> {
        let found = self.read(|all| {
            let refunds = all.values().flat_map(|carried| carried.refunds.clone());
            refunds
                .filter(|refund| {
                    refund
                        .payment_provider_id
                        .as_ref()
                        .is_some_and(|id| ids.contains(id))
                })
                .collect()
        });
        answered(found)
    }

    fn totals(&self, _: Window) -> LedgerFuture<'_, Vec<TotalRow>> {
        answered(Vec::new())
    }

    fn now(&self, payment: PaymentId) -> LedgerFuture<'_, Option<PaymentRecord>> {
        answered(self.read(|all| all.get(&payment).cloned()))
    }

    fn record(&self, subject: ReferenceSubject, seen: Snapshot) -> LedgerFuture<'_, Option<RecordedPayment>> {
        let payment_id = match subject {
            ReferenceSubject::Payment(payment_id) => payment_id,
            ReferenceSubject::Deposit(transfer_id) => payment_of(transfer_id),
        };
        let mut all = self.payments.lock().unwrap();
        let recorded = all.get_mut(&payment_id).map(|carried| {
            let before = carried.clone();
            learn(carried, &seen);
            RecordedPayment {
                news: *carried != before,
                carried: carried.clone(),
            }
        });
        answered(recorded)
    }

    fn record_refund(
        &self,
        payment: PaymentId,
        number: u32,
        seen: RefundSnapshot,
    ) -> LedgerFuture<'_, Option<RecordedPayment>> {
        let mut all = self.payments.lock().unwrap();
        let recorded = all.get_mut(&payment).map(|carried| {
            let before = carried.clone();
            let mut refunds = carried.refunds.iter_mut();
            if let Some(refund) = refunds.find(|refund| refund.number == number)
                && (refund.stage, &seen.status) == (RefundStage::Pending, &Status::Succeeded)
                && refund.amount == seen.amount
            {
                refund.stage = RefundStage::Succeeded;
            }
            RecordedPayment {
                news: *carried != before,
                carried: carried.clone(),
            }
        });
        answered(recorded)
    }
}
