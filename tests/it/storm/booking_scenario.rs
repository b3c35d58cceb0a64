//! One booking from its request to its end: booked, paid as far as its payer gets, and ended as planned.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use futures::StreamExt;
use jiff::SignedDuration;
use kit::browser;
use kit::client::Client;
use kit::scene::VISIT_SECONDS;
use serde_json::{Value, json};

use crate::money::provider_fixture::{CARD, POOR_CARD, ProviderFixture};
use crate::storm::people::{PATIENCE, People, ask, look};
use crate::storm::plan::{End, Payer, Plan};

/// How often a patient tries to pay before the storm has won.
const TRIES_MAX: usize = 12;

/// What became of a plan, as its patient was told.
#[derive(Debug)]
pub struct BookingScenario {
    /// What was planned.
    pub plan: Plan,
    /// The booking.
    pub booking: String,
    /// Every payment that was begun for it.
    pub payments: Vec<String>,
    /// The links on which nobody has paid yet.
    pub unpaid: Vec<Link>,
    /// Payments of which the patient was told that they went through.
    pub told_paid: Vec<String>,
    /// What an admin gave back beside all rules, in kopecks.
    pub given_back: AtomicI64,
}

/// Where a payment is confirmed.
#[derive(Clone, Debug)]
pub enum Link {
    /// A page.
    Page(String),
    /// What a code says.
    Code(String),
}

/// What a patient sees of a payment just begun.
enum PaymentView {
    Link(Link),
    Paid,
    Over,
}

/// Plays one.
pub async fn play(people: &People, plan: Plan) -> BookingScenario {
    let patient = people.patient(&plan);
    let booked = ask(patient, "/bookings", people.request(&plan)).await.expect(200);
    let mut scenario = BookingScenario {
        booking: booked["id"].as_str().unwrap().to_owned(),
        payments: Vec::new(),
        unpaid: Vec::new(),
        told_paid: Vec::new(),
        given_back: AtomicI64::new(0),
        plan,
    };
    let secured = match scenario.plan.payer {
        Payer::Pays => scenario.pays(patient, false).await,
        Payer::IsDeclined => scenario.pays(patient, true).await,
        Payer::PaysTwice => scenario.pays_twice(patient).await,
        Payer::WalksAway | Payer::ComesLate => {
            let begun = scenario.begins(patient, scenario.plan.method).await;
            if let Some(PaymentView::Link(link)) = begun {
                scenario.unpaid.push(link);
            }
            false
        }
    };
    if secured {
        scenario.is_tried_by_a_stranger(people).await;
        scenario.ends(people).await;
    }
    scenario
}

/// Those who come when it is too late pay now; the money revives the booking or comes back.
pub async fn latecomers(scenarios: &[BookingScenario], wave: usize) {
    let late =
        |scenario: &&BookingScenario| scenario.plan.wave == wave && scenario.plan.payer == Payer::ComesLate;
    futures::stream::iter(
        scenarios
            .iter()
            .filter(late)
            .flat_map(|scenario| &scenario.unpaid),
    )
    .for_each_concurrent(8, |link| async move { confirm(link, CARD).await })
    .await;
}

/// The doctors come to the near visits of this wave, each in its time: the clocks go through that day, every other hour.
pub async fn visits(
    mut fixture: ProviderFixture,
    mut people: People,
    scenarios: &[BookingScenario],
    wave: usize,
) -> (ProviderFixture, People) {
    let waits = |scenario: &&BookingScenario| scenario.plan.wave == wave && scenario.is_visited();
    let mut waiting: Vec<&BookingScenario> = scenarios.iter().filter(waits).collect();
    for hour in 0..6 {
        let now = fixture.scene.platform.now().await;
        let stop = people.morning() + SignedDuration::from_mins(15 + 120 * hour);
        let ahead = stop.duration_since(now).as_secs();
        fixture = fixture.later(ahead.max(0) + 1).await;
        people = people.staff_again(&fixture).await;
        let mut begun = Vec::new();
        let mut still = Vec::new();
        for scenario in waiting {
            let starts_at = people.starts_at(&scenario.plan);
            if starts_at <= stop + SignedDuration::from_mins(180) {
                scenario.acts(&people, "depart").await;
            }
            if starts_at <= stop + SignedDuration::from_mins(30) {
                scenario.acts(&people, "start").await;
                begun.push(scenario);
            } else {
                still.push(scenario);
            }
        }
        waiting = still;
        fixture = fixture.later(VISIT_SECONDS).await;
        for scenario in begun {
            scenario.acts(&people, "complete").await;
            scenario.is_given_back_twice_at_once(&people).await;
        }
    }
    assert!(waiting.is_empty(), "every visit of the day has had its time");
    people = people.again(&fixture).await;
    (fixture, people)
}

impl BookingScenario {
    /// Whether the doctor comes to it within the storm.
    pub fn is_visited(&self) -> bool {
        self.plan.end == End::IsVisited && !self.plan.far && !self.told_paid.is_empty()
    }

    async fn acts(&self, people: &People, action: &str) {
        let path = format!("/bookings/{}/{action}", self.booking);
        ask(people.doctor(&self.plan), &path, json!({})).await.expect(200);
    }

    /// Whatever a clinic does to a booking that is not its doctors', the booking is not there.
    async fn is_tried_by_a_stranger(&self, people: &People) {
        let (action, request) = match self.plan.number % 4 {
            0 => ("cancel", json!({"reason": "other"})),
            1 => ("unassign", json!({})),
            2 => ("complete", json!({})),
            _ => (
                "reschedule",
                json!({"doctor_id": people.stand_in(&self.plan), "starts_at": people.starts_at(&self.plan).to_string()}),
            ),
        };
        let path = format!("/bookings/{}/{action}", self.booking);
        let answer = ask(people.stranger(), &path, request).await;
        assert!(
            ["not_found", "forbidden"].contains(&answer.code()),
            "{action}: {}",
            answer.text
        );
    }

    /// Two refunds of one payment in the same moment: the bank takes the second one only when the first is over.
    async fn is_given_back_twice_at_once(&self, people: &People) {
        let Some(payment) = self
            .told_paid
            .first()
            .filter(|_| self.plan.number.is_multiple_of(3))
        else {
            return;
        };
        let path = format!("/payments/{payment}/refund");
        let back = |amount: &str| {
            let request = json!({"amount": amount, "reason": "complaint"});
            ask(people.admin(), &path, request)
        };
        for (answer, kopecks) in <[_; 2]>::from(futures::join!(back("100.00"), back("50.00")))
            .iter()
            .zip([10_000, 5_000])
        {
            // What is held only, or lost, cannot be given back yet.
            if answer.code().is_empty() {
                self.given_back.fetch_add(kopecks, Ordering::Relaxed);
            }
        }
    }

    /// Begins a payment and waits for its link; none when another is under way or the booking wants no money.
    async fn begins(&mut self, patient: &Client, method: &str) -> Option<PaymentView> {
        let request = json!({"booking_id": self.booking, "payment_method": method});
        let begun = loop {
            let answer = ask(patient, "/payments", request.clone()).await;
            match answer.code() {
                "" => break answer.expect(200),
                // Every provider is left alone just now.
                "payment_method_unavailable" => {
                    tokio::time::sleep(std::time::Duration::from_millis(200)).await
                }
                "payment_under_way" | "not_now" | "too_late" => return None,
                other => panic!("{other}: {}", answer.text),
            }
        };
        let id = begun["id"].as_str().unwrap().to_owned();
        self.payments.push(id.clone());
        let path = format!("/payments/{id}");
        let seen = look(patient, &path, "a link", |payment| {
            let link = |name: &str| payment[name].as_str().map(str::to_owned);
            if let Some(url) = link("confirmation_url") {
                return Some(PaymentView::Link(Link::Page(url)));
            }
            if let Some(payload) = link("qr_payload") {
                return Some(PaymentView::Link(Link::Code(payload)));
            }
            match payment["status"].as_str().unwrap() {
                "pending" => None,
                "authorised" | "completed" => Some(PaymentView::Paid),
                _ => Some(PaymentView::Over),
            }
        })
        .await;
        Some(seen)
    }

    /// Pays until the booking is secured; true when it is.
    async fn pays(&mut self, patient: &Client, poor_at_first: bool) -> bool {
        let mut poor = poor_at_first;
        let mut method = self.plan.method;
        for _ in 0..TRIES_MAX {
            match self.begins(patient, method).await {
                Some(PaymentView::Link(link)) => {
                    confirm(&link, if poor { POOR_CARD } else { CARD }).await;
                    if poor && matches!(link, Link::Page(_)) {
                        // Whoever was declined by card tries the telephone.
                        method = "sbp";
                    }
                    poor = false;
                }
                Some(PaymentView::Paid | PaymentView::Over) | None => {}
            }
            if self.is_secured(patient).await {
                return true;
            }
        }
        panic!("{} could not be paid in {TRIES_MAX} tries", self.booking);
    }

    /// Two payments side by side, both confirmed: one of them comes back.
    async fn pays_twice(&mut self, patient: &Client) -> bool {
        let other = if self.plan.method == "sbp" {
            "yookassa"
        } else {
            "sbp"
        };
        let mut links = Vec::new();
        for method in [self.plan.method, other] {
            if let Some(PaymentView::Link(link)) = self.begins(patient, method).await {
                links.push(link);
            }
        }
        futures::future::join_all(links.iter().map(|link| confirm(link, CARD))).await;
        self.is_secured(patient).await || self.pays(patient, false).await
    }

    /// Waits until the booking is secured, or nothing that could secure it is under way.
    async fn is_secured(&mut self, patient: &Client) -> bool {
        let path = format!("/payments?booking_id={}", self.booking);
        let payments = self.payments.clone();
        let deadline = Instant::now() + PATIENCE;
        loop {
            assert!(
                Instant::now() < deadline,
                "waited in vain for {} to be secured",
                self.booking
            );
            let booking = format!("/bookings/{}", self.booking);
            let status = look(patient, &booking, "the booking", |booking| {
                booking["status"].as_str().map(str::to_owned)
            })
            .await;
            if status != "pending" {
                assert_eq!(status, "assigned", "{}", self.booking);
            }
            let seen = look(patient, &path, "its payments", |page| {
                let items = page["items"].as_array()?.clone();
                // The list may be a moment behind.
                (items.len() == payments.len()).then_some(items)
            })
            .await;
            let in_status = |words: &[&str]| {
                seen.iter()
                    .filter(|payment| words.contains(&payment["status"].as_str().unwrap()))
                    .count()
            };
            if status == "assigned" {
                let paid =
                    |payment: &&Value| payment["status"] == "authorised" || payment["status"] == "completed";
                let ids = seen
                    .iter()
                    .filter(paid)
                    .map(|payment| payment["id"].as_str().unwrap().to_owned());
                self.told_paid.extend(ids);
                return true;
            }
            let hopeful = in_status(&["pending", "authorised", "completed"]);
            let waiting = seen
                .iter()
                .any(|payment| payment["status"] == "pending" && payment["checking"] == false);
            if hopeful == 0
                || (waiting
                    && in_status(&["authorised", "completed"]) == 0
                    && self.is_unconfirmed(patient).await)
            {
                return false;
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    }

    /// Whether a page still waits for somebody to press its button.
    async fn is_unconfirmed(&self, patient: &Client) -> bool {
        let Some(id) = self.payments.last() else {
            return false;
        };
        let path = format!("/payments/{id}");
        let link = look(patient, &path, "the payment", |payment| {
            let link = |name: &str| payment[name].as_str().map(str::to_owned);
            Some(link("confirmation_url").or(link("qr_payload")))
        })
        .await;
        match link {
            Some(link) => offers_to_pay(&link).await,
            None => false,
        }
    }

    /// Ends as planned.
    async fn ends(&self, people: &People) {
        match self.plan.end {
            End::Stays => {}
            End::IsCancelled => self.cancel(people.patient(&self.plan)).await,
            End::IsMovedByUs => {
                let request = json!({
                    "doctor_id": people.stand_in(&self.plan), "starts_at": people.starts_at(&self.plan).to_string(),
                });
                let path = format!("/bookings/{}/reschedule", self.booking);
                ask(people.admin(), &path, request).await.expect(200);
                self.cancel(people.patient(&self.plan)).await;
            }
            // When its time comes: see `visits`.
            End::IsVisited => {}
        }
    }

    async fn cancel(&self, patient: &Client) {
        loop {
            let quote = format!("/bookings/{}/cancellation-quote", self.booking);
            let fee = look(patient, &quote, "a quote", |quote| {
                quote["amount"].as_str().map(str::to_owned)
            })
            .await;
            let request = json!({"reason": "patient_request", "expected_fee": fee});
            let answer = ask(patient, &format!("/bookings/{}/cancel", self.booking), request).await;
            if answer.code() != "fee_changed" {
                answer.expect(200);
                return;
            }
        }
    }
}

async fn offers_to_pay(link: &str) -> bool {
    browser::open(link).await.offers("Оплатить")
}

/// Does what a payer does with a link: pays, if there still is something to pay.
async fn confirm(link: &Link, card: &str) {
    let (Link::Page(url) | Link::Code(url)) = link;
    let mut page = browser::open(url).await;
    let mut fields = vec![("number", card)];
    if page.html.contains("Открыть в банке") {
        page = page.follow("Открыть в банке").await;
    }
    if !page.html.contains("number") {
        fields.clear();
    }
    if page.offers("Оплатить") {
        page.press("Оплатить", &fields).await;
    }
}
