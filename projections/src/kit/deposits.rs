//! Random money in and out of wallets: cash, and deposits that a provider carries.

use domain::ids::{AccountId, PatientId, PaymentId, TransferId};
use domain::money::Money;
use domain::payment::commands as pay;
use domain::payment::events::{PaymentEvent, PaymentMethod, RefundReason};
use domain::payment::provider::Provider;
use domain::payment::purpose::transfer_of;
use domain::payment::{self, Payment, PaymentCommand};
use domain::people::Actor;
use domain::wallet::events::DepositSource;
use domain::wallet::{self, Wallet, WalletCommand};

use crate::kit::bookings::{Bookings, admin, id, patient, picked, seen, told, under_way};

impl Bookings {
    /// Cash into or out of a wallet.
    pub(crate) fn deposit(&mut self, which: u8, much: u16) {
        let owner_id: AccountId = patient(which).into();
        let amount = Money::kopecks(i64::from(much) + 1);
        let transfer_id = TransferId::from_uuid(id(0xc, self.history.facts.len()));
        let (by, at) = (admin(), self.now());
        if much.is_multiple_of(5) {
            let command = wallet::commands::Withdraw {
                owner_id,
                transfer_id,
                amount,
                by,
                at,
            };
            self.ask_wallet(patient(which), command.into());
        } else {
            let command = wallet::commands::Deposit {
                owner_id,
                transfer_id,
                amount,
                source: DepositSource::Cash,
                by,
                at,
            };
            self.ask_wallet(patient(which), command.into());
        }
    }

    /// Asks a wallet; answers whether it did not refuse.
    fn ask_wallet(&mut self, owner: PatientId, command: WalletCommand) -> bool {
        let wallet = self.wallets.entry(owner).or_default();
        let Ok(facts) = wallet::decide::decide(wallet, command) else {
            return false;
        };
        *wallet = facts.iter().cloned().fold(wallet.clone(), wallet::evolve::evolve);
        self.history
            .tell::<Wallet>(&format!("{owner}_000001"), &owner.to_string(), &facts);
        true
    }

    pub(crate) fn start_deposit(&mut self, which: u8, much: u16) {
        let payment_id = PaymentId::from_uuid(id(0x9, self.deposits.len()));
        let sbp = much.is_multiple_of(2);
        let start = pay::StartDeposit {
            payment_id,
            patient_id: patient(which),
            method: if sbp {
                PaymentMethod::Sbp
            } else {
                PaymentMethod::Yookassa
            },
            amount: Money::kopecks(1_000 + i64::from(much)),
            provider: if sbp { Provider::Tbank } else { Provider::Yookassa },
            receipts: much.is_multiple_of(5),
            return_url: None,
            at: self.now(),
        };
        let facts = payment::decide::decide(&Payment::default(), start).expect("within the limits");
        self.deposits
            .push((payment_id, patient(which), Payment::default()));
        self.tell_deposit(self.deposits.len() - 1, &facts);
    }

    fn tell_deposit(&mut self, index: usize, facts: &[PaymentEvent]) {
        let (payment_id, owner, payment) = &mut self.deposits[index];
        *payment = facts
            .iter()
            .cloned()
            .fold(payment.clone(), payment::evolve::evolve);
        self.history
            .tell::<Payment>(&payment_id.to_string(), &owner.to_string(), facts);
    }

    /// A provider's answer about a deposit, or an admin's refund of one; the wallet has its say, as in one append.
    pub(crate) fn carry_deposit(&mut self, what: u8, which: u8, much: u16) {
        if self.deposits.is_empty() {
            return;
        }
        let index = picked(which, self.deposits.len());
        let (_, owner, payment) = self.deposits[index].clone();
        let terms = *payment.terms().expect("it was started");
        let (at, part) = (self.now(), Money::kopecks(i64::from(much) % 1_500 + 1));
        let stage = match much % 4 {
            0 => pay::Stage::Pending,
            1 => pay::Stage::Cancelled,
            _ => pay::Stage::Succeeded,
        };
        let command: PaymentCommand = match what {
            29 => seen(stage, terms.amount, part, at).into(),
            30 if under_way(&payment).is_some() => told(&payment, much, at).into(),
            _ => pay::Refund {
                again: true,
                amount: part,
                reason: RefundReason::Complaint,
                by: admin(),
                at,
            }
            .into(),
        };
        let Ok(facts) = payment::decide::decide(&payment, command) else {
            return;
        };
        let agreed = facts
            .iter()
            .filter_map(|fact| in_wallet(fact, &payment))
            .all(|command| self.ask_wallet(owner, command));
        if agreed {
            self.tell_deposit(index, &facts);
        }
    }
}

/// What the wallet is told of a deposit's fact, as the use cases do it.
fn in_wallet(fact: &PaymentEvent, payment: &Payment) -> Option<WalletCommand> {
    let attempt = payment.attempt()?;
    let owner_id: AccountId = attempt.terms.patient_id.into();
    let transfer_id = transfer_of(attempt.terms.payment_id);
    if let PaymentEvent::Captured { amount, at, .. } = fact {
        let deposit = wallet::commands::Deposit {
            owner_id,
            transfer_id,
            amount: *amount,
            source: DepositSource::Sbp,
            by: Actor::Process,
            at: *at,
        };
        return Some(deposit.into());
    }
    if let PaymentEvent::RefundRequested {
        number, amount, at, ..
    } = fact
    {
        let back = wallet::commands::ReturnDeposit {
            owner_id,
            transfer_id,
            number: *number,
            amount: *amount,
            at: *at,
        };
        return Some(back.into());
    }
    if let PaymentEvent::RefundCancelled { number, at, .. } = fact {
        let restore = wallet::commands::RestoreDeposit {
            owner_id,
            transfer_id,
            number: *number,
            amount: attempt.refund(*number)?.amount,
            at: *at,
        };
        return Some(restore.into());
    }
    None
}
