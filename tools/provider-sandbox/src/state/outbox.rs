//! The outbox: every notification with its attempts.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use crate::clock::after;
use crate::state::SandboxState;
use crate::state::faults::DeliveryFault;
use crate::state::scheduler::ScheduledAction;
use crate::state::settings::merge;

/// A notification held back by `reorder` goes out after this time when no other one follows.
const HELD_AT_MOST: Duration = Duration::from_secs(60);
/// YooKassa gives up a day after the event.
const YOOKASSA_TRIES_FOR: Duration = Duration::from_secs(24 * 60 * 60);
/// T-Bank repeats hourly …
const TBANK_PAUSE: Duration = Duration::from_secs(60 * 60);
/// … for a day, …
const TBANK_HOURLY_FOR: Duration = Duration::from_secs(24 * 60 * 60);
/// … and then, one of its pages says, daily …
const TBANK_LATE_PAUSE: Duration = Duration::from_secs(24 * 60 * 60);
/// … for a month.
const TBANK_TRIES_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Who notifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sender {
    /// Any answer but 200 is repeated.
    Yookassa,
    /// Any answer but 200 with the body `OK` is repeated.
    Tbank,
}

/// Something worth telling the shop.
#[derive(Debug, Clone)]
pub struct Notice {
    pub sender: Sender,
    /// Its name in scripts: `payment.succeeded`, `tbank.CONFIRMED`.
    pub event: String,
    /// Where it goes; nowhere when absent.
    pub url: Option<String>,
    pub source: Option<IpAddr>,
    pub body: Value,
}

/// One notification on its way.
#[derive(Debug, Serialize)]
pub struct Delivery {
    /// Its number, from 0.
    pub number: usize,
    pub sender: Sender,
    /// Its name in scripts.
    pub event: String,
    pub url: String,
    pub source: Option<IpAddr>,
    /// What it says, written once: a big rehearsal keeps many.
    pub body: Box<RawValue>,
    /// When the event happened.
    pub born: Timestamp,
    /// When it was last due.
    pub due: Timestamp,
    /// Whether it is a false copy, which is sent once only.
    pub forged: bool,
    pub state: DeliveryState,
    pub attempts: Vec<Attempt>,
}

/// One notification to carry out.
#[derive(Debug)]
pub struct PendingDelivery {
    pub number: usize,
    pub url: String,
    pub source: Option<IpAddr>,
    pub body: String,
}

/// Where a notification stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It will be sent at this time.
    Waiting(Timestamp),
    /// Its time has come.
    Ready,
    /// It is being sent.
    UnderWay,
    Acknowledged,
    /// A script dropped it.
    Dropped,
    /// Nobody acknowledged it in time.
    GivenUp,
}

#[derive(Debug, Serialize)]
pub struct Attempt {
    pub at: Timestamp,
    /// The answer's status; absent when there was no answer.
    pub status: Option<u16>,
    /// Whether that counts as received.
    pub acknowledged: bool,
}

#[derive(Debug, Default)]
pub struct Outbox {
    deliveries: Vec<Delivery>,
    ready: VecDeque<usize>,
    under_way: usize,
    /// Held back until the next one has been sent.
    held: Vec<usize>,
    /// Deliveries that a reply now being made must wait for.
    before_reply: Vec<usize>,
}

impl Outbox {
    /// All notifications, oldest first.
    pub fn deliveries(&self) -> &[Delivery] {
        &self.deliveries
    }

    /// Whether nothing is due or under way.
    pub fn is_quiet(&self) -> bool {
        self.ready.is_empty() && self.under_way == 0
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.deliveries.len()
    }

    /// Which deliveries the reply now being made must wait for.
    pub fn take_before_reply(&mut self) -> Vec<usize> {
        std::mem::take(&mut self.before_reply)
    }

    /// Whether each of these has been tried at least once (or never will be).
    pub fn were_tried(&self, numbers: &[usize]) -> bool {
        numbers.iter().all(|number| {
            self.deliveries.get(*number).is_none_or(|delivery| {
                !delivery.attempts.is_empty() || delivery.state == DeliveryState::Dropped
            })
        })
    }

    /// Its time has come.
    pub fn becomes_ready(&mut self, number: usize) {
        let Some(delivery) = self.deliveries.get_mut(number) else {
            return;
        };
        if matches!(delivery.state, DeliveryState::Waiting(_)) {
            delivery.state = DeliveryState::Ready;
            self.held.retain(|held| *held != number);
            self.ready.push_back(number);
        }
    }

    /// Takes one that is to be sent now.
    pub fn take_ready(&mut self) -> Option<&Delivery> {
        let number = self.ready.pop_front()?;
        let delivery = self.deliveries.get_mut(number)?;
        delivery.state = DeliveryState::UnderWay;
        self.under_way += 1;
        Some(delivery)
    }

    fn push(&mut self, notice: &Notice, born: Timestamp, forged: bool) -> usize {
        let number = self.deliveries.len();
        self.deliveries.push(Delivery {
            number,
            sender: notice.sender,
            event: notice.event.clone(),
            url: notice.url.clone().unwrap_or_default(),
            source: notice.source,
            body: to_raw_value(&notice.body).unwrap_or_default(),
            born,
            due: born,
            forged,
            state: DeliveryState::Waiting(born),
            attempts: Vec::new(),
        });
        number
    }
}

impl SandboxState {
    /// YooKassa notifies the shop of an event with the object as it is now.
    pub fn tell_shop(&mut self, at: Timestamp, event: &str, object: Value) {
        let url = self.settings.shop.webhook_url.clone();
        self.tell_by_yookassa(at, url, event, object);
    }

    /// YooKassa notifies this address of an event with the object as it is now.
    pub fn tell_by_yookassa(&mut self, at: Timestamp, url: Option<String>, event: &str, object: Value) {
        let notice = Notice {
            sender: Sender::Yookassa,
            event: event.to_owned(),
            url,
            source: self.settings.shop.webhook_source,
            body: json!({"type": "notification", "event": event, "object": object}),
        };
        self.notify(at, notice);
    }

    /// Puts a notification into the outbox, as the webhook script changes it; one without an address goes nowhere.
    pub fn notify(&mut self, at: Timestamp, notice: Notice) {
        let faults = self.delivery_faults.strike_all(&notice.event);
        if notice.url.is_none() {
            return;
        }
        let mut copies = 1;
        let mut due = at;
        let (mut drop, mut hold, mut before_reply) = (false, false, false);
        for fault in faults {
            match fault {
                DeliveryFault::Duplicate { copies: wanted } => copies = wanted.max(1),
                DeliveryFault::Delay { ms } => due = after(due, Duration::from_millis(ms)),
                DeliveryFault::Reorder => hold = true,
                DeliveryFault::Drop => drop = true,
                DeliveryFault::BeforeReply => before_reply = true,
                DeliveryFault::Forge { patch, source } => {
                    let mut forged = notice.clone();
                    merge(&mut forged.body, &patch);
                    forged.source = source.or(notice.source);
                    self.send_once(at, &forged, true);
                }
            }
        }
        for _ in 0..copies {
            let number = self.outbox.push(&notice, at, false);
            if drop {
                self.set_delivery(number, DeliveryState::Dropped);
                continue;
            }
            if hold {
                self.outbox.held.push(number);
                self.schedule_delivery(number, after(due, HELD_AT_MOST));
                continue;
            }
            if before_reply {
                self.outbox.before_reply.push(number);
            }
            self.schedule_delivery(number, due);
        }
    }

    /// Notifies and makes the reply now being made wait for it.
    pub fn hasten(&mut self, since: usize) {
        let numbers = since..self.outbox.len();
        self.outbox.before_reply.extend(numbers);
    }

    /// Sends a notification past the script; a forged one is sent once only. Answers its number.
    pub fn send_once(&mut self, at: Timestamp, notice: &Notice, forged: bool) -> usize {
        let number = self.outbox.push(notice, at, forged);
        self.schedule_delivery(number, at);
        number
    }

    /// Sends an old notification once more, as it was. Answers its new number.
    pub fn resend(&mut self, at: Timestamp, number: usize) -> Option<usize> {
        let old = self.outbox.deliveries.get(number)?;
        let forged = old.forged;
        let notice = Notice {
            sender: old.sender,
            event: old.event.clone(),
            url: Some(old.url.clone()),
            source: old.source,
            body: serde_json::from_str(old.body.get()).ok()?,
        };
        Some(self.send_once(at, &notice, forged))
    }

    /// Records how an attempt ended, and plans the next one when it was not acknowledged.
    pub fn delivery_ended(&mut self, number: usize, status: Option<u16>, said_ok: bool) {
        let now = self.clock.now();
        self.outbox.under_way = self.outbox.under_way.saturating_sub(1);
        let retry_pause = self.retry_pause(number);
        let Some(delivery) = self.outbox.deliveries.get_mut(number) else {
            return;
        };
        let acknowledged = match delivery.sender {
            Sender::Yookassa => status == Some(200),
            Sender::Tbank => status == Some(200) && said_ok,
        };
        delivery.attempts.push(Attempt {
            at: now,
            status,
            acknowledged,
        });
        let next = match retry_pause {
            _ if acknowledged => DeliveryState::Acknowledged,
            // Counted from when it was due, so that a clock moved by a day sees all the attempts of that day.
            Some(pause) if !delivery.forged => DeliveryState::Waiting(after(delivery.due, pause)),
            Some(_) | None => DeliveryState::GivenUp,
        };
        if let DeliveryState::Waiting(due) = next {
            self.schedule_delivery(number, due);
        } else {
            self.set_delivery(number, next);
        }
        self.release_held();
    }

    /// The pause before the next attempt; `None` when there is none.
    fn retry_pause(&self, number: usize) -> Option<Duration> {
        let delivery = self.outbox.deliveries.get(number)?;
        let due = delivery.due;
        let pause = match delivery.sender {
            Sender::Yookassa => {
                let pauses = &self.settings.unsettled.webhook_pauses;
                let pause = pauses.get(delivery.attempts.len()).or(pauses.last())?;
                Duration::from_secs((*pause).max(1))
            }
            Sender::Tbank if due < after(delivery.born, TBANK_HOURLY_FOR) => TBANK_PAUSE,
            Sender::Tbank => TBANK_LATE_PAUSE,
        };
        let until = match delivery.sender {
            Sender::Yookassa => YOOKASSA_TRIES_FOR,
            Sender::Tbank if self.settings.unsettled.notify_for_a_month => TBANK_TRIES_FOR,
            Sender::Tbank => TBANK_HOURLY_FOR,
        };
        (after(due, pause) <= after(delivery.born, until)).then_some(pause)
    }

    fn release_held(&mut self) {
        let now = self.clock.now();
        for number in std::mem::take(&mut self.outbox.held) {
            self.schedule_delivery(number, now);
        }
    }

    fn schedule_delivery(&mut self, number: usize, due: Timestamp) {
        self.set_delivery(number, DeliveryState::Waiting(due));
        if let Some(delivery) = self.outbox.deliveries.get_mut(number) {
            delivery.due = due;
        }
        self.scheduler.schedule(due, ScheduledAction::Deliver(number));
    }

    fn set_delivery(&mut self, number: usize, stage: DeliveryState) {
        if let Some(delivery) = self.outbox.deliveries.get_mut(number) {
            delivery.state = stage;
        }
    }
}
