//! A payout gateway whose answers a test writes beforehand: it keeps payouts by key, and loses what it is told to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use commands::ports::{
    Bank, Cancellation, IdempotencyKey, Page, PayoutProvider, PayoutRequest, PayoutSnapshot, ProviderFuture,
    ProviderReply, RefusalKind, Refused, Status, UnknownReason, Window,
};
use domain::money::Money;
use domain::payment::provider::Provider;
use uuid::Uuid;

/// What happens to one request.
#[derive(Clone, Copy, Debug)]
pub enum Fate {
    /// It is done, and the answer is lost.
    AnswerLost,
    /// It never arrives.
    RequestLost,
    /// It is refused, for this reason.
    Refused(RefusalKind),
}

#[derive(Default)]
struct Books {
    payouts: Vec<(IdempotencyKey, PayoutRequest, PayoutSnapshot)>,
    fates: VecDeque<Fate>,
    sent: u32,
    sought: u32,
    ends_as: Option<(Status, &'static str)>,
    banks_listed: u32,
    silent: bool,
}

/// The gateway.
#[derive(Clone, Default)]
pub struct Gateway(Arc<Mutex<Books>>);

impl Gateway {
    fn books<T>(&self, with: impl FnOnce(&mut Books) -> T) -> T {
        with(&mut self.0.lock().unwrap())
    }

    pub fn next(&self, fates: &[Fate]) {
        self.books(|books| books.fates.extend(fates));
    }

    /// New payouts end at once like this; without it they are paid.
    pub fn ends_as(&self, status: Status, code: &'static str) {
        self.books(|books| books.ends_as = Some((status, code)));
    }

    /// Payouts on their way end like this.
    pub fn end(&self, status: &Status, code: &'static str) {
        self.books(|books| {
            for (_, _, payout) in &mut books.payouts {
                if payout.status == Status::Pending {
                    *payout = ended(payout.clone(), status, code);
                }
            }
        });
    }

    /// From now on nobody answers, for ever.
    pub fn fall_silent(&self) {
        self.books(|books| books.silent = true);
    }

    /// A question changes nothing and is answered unless nobody is there.
    fn asking<T>(&self, answer: ProviderReply<T>) -> ProviderReply<T> {
        if self.books(|books| books.silent) {
            ProviderReply::Unknown(UnknownReason::ConnectionLost)
        } else {
            answer
        }
    }

    pub fn sent(&self) -> u32 {
        self.books(|books| books.sent)
    }

    pub fn sought(&self) -> u32 {
        self.books(|books| books.sought)
    }

    pub fn banks_listed(&self) -> u32 {
        self.books(|books| books.banks_listed)
    }

    pub fn payouts(&self) -> Vec<(PayoutRequest, PayoutSnapshot)> {
        self.books(|books| {
            let both =
                |(_, asked, payout): &(_, PayoutRequest, PayoutSnapshot)| (asked.clone(), payout.clone());
            books.payouts.iter().map(both).collect()
        })
    }

    fn make(books: &mut Books, command: PayoutRequest) -> PayoutSnapshot {
        let key = command.request_attempt.key;
        if let Some((_, _, known)) = books.payouts.iter().find(|(known, ..)| *known == key) {
            return known.clone();
        }
        let made = PayoutSnapshot {
            provider_id: format!("po-{}", books.payouts.len() + 1),
            status: Status::Pending,
            amount: command.amount,
            payout_id: Some(command.payout_id),
            created_at: None,
            cancelled: None,
            test: true,
        };
        let (status, code) = books.ends_as.clone().unwrap_or((Status::Succeeded, ""));
        let made = ended(made, &status, code);
        books.payouts.push((key, command, made.clone()));
        made
    }
}

fn ended(payout: PayoutSnapshot, status: &Status, code: &'static str) -> PayoutSnapshot {
    let cancelled = (*status == Status::Cancelled).then(|| Cancellation {
        party: None,
        reason: code.to_owned(),
    });
    PayoutSnapshot {
        status: status.clone(),
        cancelled,
        ..payout
    }
}

fn refused<T>(kind: RefusalKind) -> ProviderReply<T> {
    ProviderReply::Refused(Refused {
        kind,
        code: "invalid_request".to_owned(),
        description: String::new(),
    })
}

fn ready<'a, T: Send + 'a>(answer: ProviderReply<T>) -> ProviderFuture<'a, T> {
    Box::pin(std::future::ready(answer))
}

impl PayoutProvider for Gateway {
    fn name(&self) -> Provider {
        Provider::Yookassa
    }

    fn payout(&self, command: PayoutRequest) -> ProviderFuture<'_, PayoutSnapshot> {
        ready(self.books(|books| {
            books.sent += 1;
            if books.silent {
                return ProviderReply::Unknown(UnknownReason::ConnectionLost);
            }
            match books.fates.pop_front() {
                None => ProviderReply::Accepted(Self::make(books, command)),
                Some(Fate::AnswerLost) => {
                    Self::make(books, command);
                    ProviderReply::Unknown(UnknownReason::Timeout)
                }
                Some(Fate::RequestLost) => ProviderReply::Unknown(UnknownReason::ConnectionLost),
                Some(Fate::Refused(kind)) => refused(kind),
            }
        }))
    }

    fn payout_state(&self, provider_id: String) -> ProviderFuture<'_, PayoutSnapshot> {
        let payouts = self.payouts();
        let found = payouts
            .into_iter()
            .find(|(_, payout)| payout.provider_id == provider_id);
        ready(self.asking(found.map_or_else(
            || refused(RefusalKind::NotFound),
            |(_, payout)| ProviderReply::Accepted(payout),
        )))
    }

    fn find_payout(&self, payout_id: Uuid, _: Window) -> ProviderFuture<'_, Vec<PayoutSnapshot>> {
        self.books(|books| books.sought += 1);
        let ours = |(_, payout): &(_, PayoutSnapshot)| payout.payout_id == Some(payout_id);
        let found = self.payouts().into_iter().filter(ours).map(|(_, payout)| payout);
        ready(self.asking(ProviderReply::Accepted(found.collect())))
    }

    fn payouts(&self, _: Window, _: Option<String>) -> ProviderFuture<'_, Page<PayoutSnapshot>> {
        let all = self.payouts().into_iter().map(|(_, payout)| payout);
        ready(ProviderReply::Accepted(Page {
            items: all.collect(),
            next: None,
        }))
    }

    fn banks(&self) -> ProviderFuture<'_, Vec<Bank>> {
        self.books(|books| books.banks_listed += 1);
        ready(ProviderReply::Accepted(vec![Bank {
            bank_id: "100000000111".to_owned(),
            name: "Сбербанк".to_owned(),
        }]))
    }

    fn balance(&self) -> ProviderFuture<'_, Option<Money>> {
        ready(ProviderReply::Accepted(None))
    }
}
