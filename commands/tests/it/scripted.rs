//! A provider whose answers a test writes beforehand: it keeps payments and refunds by key, and loses what it is told to.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use commands::ports::{
    Cancel, Cancellation, Capture, CreatePayment, IdempotencyKey, PaymentProvider, PaymentQuery, PaymentRail,
    ProviderFuture, ProviderReply, Providers, ReceiptIssuer, ReceiptOf, ReceiptRequest, ReceiptSnapshot,
    Reference, RefundQuery, RefundRequest, RefundSnapshot, RefusalKind, Refused, ReturnUrl, Snapshot,
    Statement, Status, UnknownReason,
};
use domain::money::Money;
use domain::payment::provider::{CaptureMode, Provider};
use jiff::Timestamp;
use uuid::Uuid;

/// What happens to one request.
#[derive(Clone, Copy, Debug)]
pub enum Fate {
    /// It is done, and the answer is lost.
    AnswerLost,
    /// It never arrives.
    RequestLost,
    /// It is refused.
    Refused,
    /// Its key stands for another request.
    KeyTaken,
}

#[derive(Default)]
struct Books {
    payments: Vec<(IdempotencyKey, Snapshot)>,
    refunds: Vec<(IdempotencyKey, RefundSnapshot)>,
    fates: VecDeque<Fate>,
    sent: BTreeMap<&'static str, u32>,
    refunds_pend: bool,
    order: Vec<&'static str>,
    till: bool,
    silent: bool,
    bank: bool,
    hold_ends: Option<Timestamp>,
    return_urls: Vec<ReturnUrl>,
}

/// The provider.
#[derive(Clone, Default)]
pub struct Scripted(Arc<Mutex<Books>>);

impl Scripted {
    fn books<T>(&self, with: impl FnOnce(&mut Books) -> T) -> T {
        with(&mut self.0.lock().unwrap())
    }

    pub fn next(&self, fates: &[Fate]) {
        self.books(|books| books.fates.extend(fates));
    }

    pub fn refunds_take_time(&self) {
        self.books(|books| books.refunds_pend = true);
    }

    /// From now on nobody answers, for ever.
    pub fn fall_silent(&self) {
        self.books(|books| books.silent = true);
    }

    /// Receipts are printed here, and told of by notice alone.
    pub fn receipts_come_by_notice(&self) {
        self.books(|books| books.till = true);
    }

    /// It is the bank, whose cash register closes an advance only while nothing of it has gone back.
    pub fn is_the_bank(&self) {
        self.books(|books| books.bank = true);
    }

    /// Every request so far, in order.
    pub fn order(&self) -> Vec<&'static str> {
        self.books(|books| books.order.clone())
    }

    pub fn holds_end(&self, at: Timestamp) {
        self.books(|books| books.hold_ends = Some(at));
    }

    /// How many requests of a kind were sent, repeats included.
    pub fn sent(&self, what: &'static str) -> u32 {
        self.books(|books| books.sent.get(what).copied().unwrap_or(0))
    }

    /// Where patients are to come back to, by each request that arrived to create a payment.
    pub fn return_urls(&self) -> Vec<ReturnUrl> {
        self.books(|books| books.return_urls.clone())
    }

    /// A payment is there that nobody here was seen asking for.
    pub fn appear(&self, reference: Reference, amount: Money) {
        self.books(|books| {
            let made = made(books, amount, reference, Timestamp::UNIX_EPOCH);
            books.payments.push((IdempotencyKey(Uuid::nil()), made));
        });
    }

    pub fn payments(&self) -> Vec<Snapshot> {
        self.books(|books| {
            books
                .payments
                .iter()
                .map(|(_, payment)| payment.clone())
                .collect()
        })
    }

    /// The patient pays the latest payment.
    pub fn pay(&self, status: Status) {
        self.books(|books| {
            let hold_ends = books.hold_ends;
            let (_, payment) = books.payments.last_mut().unwrap();
            if status == Status::Succeeded {
                payment.captured = Some(payment.amount);
                payment.income = Some(Money::kopecks(payment.amount.minor - 3_000));
            } else {
                payment.expires_at = hold_ends;
            }
            payment.status = status;
        });
    }

    /// The latest refund ends.
    pub fn end_refund(&self, status: Status) {
        self.books(|books| {
            let (_, refund) = books.refunds.last_mut().unwrap();
            refund.cancelled = (status == Status::Cancelled).then(|| Cancellation {
                party: None,
                reason: "insufficient_funds".to_owned(),
            });
            refund.status = status;
        });
    }

    /// A question changes nothing and is answered unless nobody is there.
    fn asking<T>(&self, answer: ProviderReply<T>) -> ProviderReply<T> {
        if self.books(|books| books.silent) {
            ProviderReply::Unknown(UnknownReason::ConnectionLost)
        } else {
            answer
        }
    }

    fn request_attempt<T>(
        &self,
        what: &'static str,
        doing: impl FnOnce(&mut Books) -> ProviderReply<T>,
    ) -> ProviderReply<T> {
        self.books(|books| {
            *books.sent.entry(what).or_default() += 1;
            books.order.push(what);
            if books.silent {
                return ProviderReply::Unknown(UnknownReason::ConnectionLost);
            }
            match books.fates.pop_front() {
                None => doing(books),
                Some(Fate::AnswerLost) => {
                    let _ = doing(books);
                    ProviderReply::Unknown(UnknownReason::Timeout)
                }
                Some(Fate::RequestLost) => ProviderReply::Unknown(UnknownReason::ConnectionLost),
                Some(Fate::Refused) => refused("invalid_request"),
                Some(Fate::KeyTaken) => ProviderReply::Refused(Refused {
                    kind: RefusalKind::OurBug,
                    code: "invalid_request".to_owned(),
                    description: String::new(),
                }),
            }
        })
    }

    fn change(
        &self,
        what: &'static str,
        id: &str,
        doing: impl FnOnce(&mut Snapshot),
    ) -> ProviderReply<Snapshot> {
        self.request_attempt(what, |books| {
            let found = books
                .payments
                .iter_mut()
                .find(|(_, payment)| payment.provider_id == id);
            let Some((_, payment)) = found else {
                return refused("not_found");
            };
            if payment.status == Status::WaitingForCapture {
                doing(payment);
            }
            ProviderReply::Accepted(payment.clone())
        })
    }
}

fn refused<T>(code: &str) -> ProviderReply<T> {
    ProviderReply::Refused(Refused {
        kind: RefusalKind::Rejected,
        code: code.to_owned(),
        description: String::new(),
    })
}

const fn name_in(books: &Books) -> Provider {
    if books.bank {
        Provider::Tbank
    } else {
        Provider::Yookassa
    }
}

fn made(books: &Books, amount: Money, reference: Reference, at: Timestamp) -> Snapshot {
    Snapshot {
        provider: name_in(books),
        provider_id: format!("pay-{}", books.payments.len()),
        status: Status::Pending,
        amount,
        captured: None,
        refunded: None,
        income: None,
        expires_at: None,
        created_at: Some(at),
        confirmation_url: Some("https://example.com/pay?order=1".to_owned()),
        qr_payload: None,
        reference: Some(reference),
        cancelled: None,
        receipt: None,
        test: true,
    }
}

fn ready<T: Send + 'static>(answer: ProviderReply<T>) -> ProviderFuture<'static, T> {
    Box::pin(async { answer })
}

impl PaymentProvider for Scripted {
    fn name(&self) -> Provider {
        self.books(|books| name_in(books))
    }

    fn offers(&self, _: PaymentRail, _: CaptureMode) -> bool {
        true
    }

    fn create(&self, command: CreatePayment) -> ProviderFuture<'_, Snapshot> {
        ready(self.request_attempt("create", |books| {
            books.return_urls.push(command.return_url);
            if let Some((_, known)) = books
                .payments
                .iter()
                .find(|(key, _)| *key == command.request_attempt.key)
            {
                return ProviderReply::Accepted(known.clone());
            }
            let made = made(
                books,
                command.amount,
                command.reference,
                command.request_attempt.at,
            );
            books.payments.push((command.request_attempt.key, made.clone()));
            ProviderReply::Accepted(made)
        }))
    }

    fn capture(&self, command: Capture) -> ProviderFuture<'_, Snapshot> {
        ready(self.change("capture", &command.provider_id, |payment| {
            payment.captured = Some(command.amount);
            payment.amount = command.amount;
            payment.status = Status::Succeeded;
        }))
    }

    fn cancel(&self, command: Cancel) -> ProviderFuture<'_, Snapshot> {
        ready(self.change("cancel", &command.provider_id, |payment| {
            payment.status = Status::Cancelled
        }))
    }

    fn refund(&self, command: RefundRequest) -> ProviderFuture<'_, RefundSnapshot> {
        ready(self.request_attempt("refund", |books| {
            if let Some((_, known)) = books
                .refunds
                .iter()
                .find(|(key, _)| *key == command.request_attempt.key)
            {
                return ProviderReply::Accepted(known.clone());
            }
            let status = if books.refunds_pend {
                Status::Pending
            } else {
                Status::Succeeded
            };
            let made = RefundSnapshot {
                provider: name_in(books),
                provider_id: Some(format!("refund-{}", books.refunds.len())),
                payment_provider_id: command.provider_id,
                status,
                amount: command.amount,
                created_at: None,
                number: Some(command.number),
                cancelled: None,
                receipt: None,
            };
            books.refunds.push((command.request_attempt.key, made.clone()));
            ProviderReply::Accepted(made)
        }))
    }

    fn payment(&self, provider_id: String) -> ProviderFuture<'_, Snapshot> {
        let found = self
            .payments()
            .into_iter()
            .find(|payment| payment.provider_id == provider_id);
        ready(self.asking(found.map_or_else(|| refused("not_found"), ProviderReply::Accepted)))
    }

    fn find(&self, sought: PaymentQuery) -> ProviderFuture<'_, Vec<Snapshot>> {
        let ours = |payment: &Snapshot| payment.reference == Some(sought.reference);
        let found = self.payments().into_iter().filter(ours).collect();
        ready(self.asking(ProviderReply::Accepted(found)))
    }

    fn refund_state(&self, sought: RefundQuery) -> ProviderFuture<'_, Option<RefundSnapshot>> {
        let found = self.books(|books| {
            let mut all = books.refunds.iter();
            all.find(|(_, refund)| refund.number == Some(sought.number))
                .map(|(_, refund)| refund.clone())
        });
        ready(self.asking(ProviderReply::Accepted(found)))
    }

    fn probe(&self) -> ProviderFuture<'_, ()> {
        ready(ProviderReply::Accepted(()))
    }

    fn statement(&self) -> Option<&dyn Statement> {
        None
    }

    fn receipts(&self) -> Option<&dyn ReceiptIssuer> {
        self.books(|books| books.till)
            .then_some(self as &dyn ReceiptIssuer)
    }
}

impl ReceiptIssuer for Scripted {
    fn receipt(&self, command: ReceiptRequest) -> ProviderFuture<'_, ReceiptSnapshot> {
        ready(self.request_attempt("receipt", |_| {
            ProviderReply::Accepted(ReceiptSnapshot {
                provider_id: None,
                of: command.of,
                status: Status::Pending,
                fiscal: None,
            })
        }))
    }

    fn receipts_of(&self, _: ReceiptOf) -> ProviderFuture<'_, Vec<ReceiptSnapshot>> {
        ready(self.request_attempt("receipts_of", |_| {
            ProviderReply::Refused(Refused {
                kind: RefusalKind::NotOffered,
                code: "not_offered".to_owned(),
                description: String::new(),
            })
        }))
    }
}

impl Providers for Scripted {
    fn for_new(&self, _: PaymentRail, _: CaptureMode, _: Timestamp) -> Option<Arc<dyn PaymentProvider>> {
        Some(Arc::new(self.clone()))
    }

    fn of(&self, _: Provider) -> Option<Arc<dyn PaymentProvider>> {
        Some(Arc::new(self.clone()))
    }
}
