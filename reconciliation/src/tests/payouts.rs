//! Payouts made to differ on purpose, and what a comparison owes to each.

use commands::ports::{PayoutSnapshot, Status};
use domain::ids::{AccountId, PayoutId, PrivateId};
use domain::payment::anomaly::Resolution;
use domain::payment::commands::{RecordNotCreated, ResolveAnomaly};
use domain::payout::Payout;
use domain::payout::commands::{IntendPayoutCall, PayoutStage, RequestPayout};
use domain::payout::events::PayoutPurpose;
use domain::people::{Actor, PrivateRef, Role};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use std::sync::atomic::Ordering;
use uuid::Uuid;

use super::payout_memory::{learnt, tell};
use super::pretender::Mischief;
use super::properties::{between, said};
use super::scene::{Case, PART, PRICE, Said, Scene, twice, window};
use crate::diff::Field;
use crate::report::{GatewayLine, Handling, Kind, Line, csv, table};

/// How the two sides of one payout stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Between {
    Equal,
    NothingOnEither,
    Foreign,
    NobodysReference,
    Unlinked,
    UnlinkedAndGivenUp,
    NeverSent,
    Missing,
    OtherSum,
    Behind,
    GivenUpThere,
    GivenUpHere,
    StillThere,
    WordOfTomorrow,
    Doubled,
    HarmlessDouble,
}

use Between::{
    Behind, Doubled, Equal, Foreign, GivenUpHere, GivenUpThere, HarmlessDouble, Missing, NeverSent,
    NobodysReference, NothingOnEither, OtherSum, StillThere, Unlinked, UnlinkedAndGivenUp, WordOfTomorrow,
};

const ALL: [Between; 16] = [
    Equal,
    NothingOnEither,
    Foreign,
    NobodysReference,
    Unlinked,
    UnlinkedAndGivenUp,
    NeverSent,
    Missing,
    OtherSum,
    Behind,
    GivenUpThere,
    GivenUpHere,
    StillThere,
    WordOfTomorrow,
    Doubled,
    HarmlessDouble,
];

impl Between {
    /// What a first comparison says of it, and what a second one.
    const fn owed(self) -> (Said, Said) {
        match self {
            Equal | NothingOnEither | NeverSent | HarmlessDouble => (None, None),
            Foreign => twice(Kind::ForeignPayout, Handling::Nothing),
            NobodysReference => twice(Kind::UnknownReference, Handling::Nothing),
            Unlinked | UnlinkedAndGivenUp => (Some((Kind::UnlinkedPayout, Handling::Adopted)), None),
            Missing => twice(Kind::MissingPayout, Handling::Nothing),
            Behind => (Some((Kind::PayoutDiffers, Handling::Recorded)), None),
            OtherSum | GivenUpThere | GivenUpHere => twice(Kind::PayoutDiffers, Handling::AnomalyOpen),
            StillThere | WordOfTomorrow => twice(Kind::PayoutDiffers, Handling::Nothing),
            Doubled => twice(Kind::SecondPayout, Handling::AnomalyOpen),
        }
    }
}

fn add(scene: &mut Scene, number: u128, case: Between, at: Timestamp, skew: SignedDuration) {
    let mut payout = requested(number, at);
    let mut there = there(number, at + skew);
    match case {
        Equal => tell(&mut payout, learnt(&there, PayoutStage::Succeeded)),
        NothingOnEither => {
            given_up(&mut payout, at);
            there.status = Status::Cancelled;
        }
        Foreign => there.payout_id = None,
        NobodysReference | Unlinked | NeverSent => {}
        UnlinkedAndGivenUp => there.status = Status::Cancelled,
        Missing => tell(&mut payout, learnt(&there, PayoutStage::Succeeded)),
        OtherSum => {
            there.amount = PART;
            there.status = Status::Pending;
        }
        Behind => tell(&mut payout, learnt(&there, PayoutStage::Pending)),
        GivenUpThere => {
            tell(&mut payout, learnt(&there, PayoutStage::Succeeded));
            there.status = Status::Cancelled;
        }
        GivenUpHere => given_up(&mut payout, at),
        StillThere => {
            tell(&mut payout, learnt(&there, PayoutStage::Succeeded));
            there.status = Status::Pending;
        }
        WordOfTomorrow => {
            tell(&mut payout, learnt(&there, PayoutStage::Pending));
            there.status = Status::Other("on_the_moon".to_owned());
        }
        Doubled | HarmlessDouble => {
            tell(&mut payout, learnt(&there, PayoutStage::Succeeded));
            let mut second = there.clone();
            second.provider_id = format!("second-{number}");
            if case == HarmlessDouble {
                second.status = Status::Cancelled;
            }
            scene.theirs.payouts.push(second);
        }
    }
    if !matches!(case, Foreign | NobodysReference) {
        scene.ours.put_payout(payout);
    }
    if !matches!(case, Missing | NeverSent) {
        scene.theirs.payouts.push(there);
    }
}

/// Asked for and on its way to the gateway.
fn requested(number: u128, at: Timestamp) -> Payout {
    let mut payout = Payout::default();
    let command = RequestPayout {
        payout_id: PayoutId::from_uuid(Uuid::from_u128(number)),
        owner_id: AccountId::from_uuid(Uuid::from_u128(1_000 + number)),
        purpose: PayoutPurpose::DoctorEarnings,
        amount: PRICE,
        destination: PrivateRef {
            id: PrivateId::from_uuid(Uuid::from_u128(2_000 + number)),
            digest: "ab".repeat(32),
        },
        by: admin(),
        at,
    };
    tell(&mut payout, command);
    let body_digest = "cd".repeat(32);
    tell(&mut payout, IntendPayoutCall { body_digest, at });
    payout
}

fn admin() -> Actor {
    Actor::Person {
        id: AccountId::from_uuid(Uuid::from_u128(9)),
        role: Role::Admin,
    }
}

/// Too late to be asked for again, and the search found nothing: its money is back in the wallet.
fn given_up(payout: &mut Payout, since: Timestamp) {
    let at = since + SignedDuration::from_hours(23);
    tell(payout, RecordNotCreated { at });
}

fn there(number: u128, at: Timestamp) -> PayoutSnapshot {
    PayoutSnapshot {
        provider_id: format!("po-{number}"),
        status: Status::Succeeded,
        amount: PRICE,
        payout_id: Some(Uuid::from_u128(number)),
        created_at: Some(at),
        cancelled: None,
        test: true,
    }
}

fn minutes(count: i64) -> SignedDuration {
    SignedDuration::from_mins(count)
}

fn scene(cases: &[Between], minutes: &[i64], skews: &[i64], mischief: Mischief, slice_minutes: i64) -> Scene {
    let mut scene = Scene::new();
    scene.theirs.mischief = mischief;
    scene.limits.rows = u32::try_from(mischief.page).unwrap();
    scene.limits.slice = SignedDuration::from_mins(slice_minutes);
    for (number, case) in cases.iter().enumerate() {
        let at = window().from + SignedDuration::from_mins(minutes[number % minutes.len()]);
        let skew = SignedDuration::from_secs(skews[number % skews.len()]);
        add(&mut scene, number as u128, *case, at, skew);
    }
    scene
}

fn owed(cases: &[Between], second: bool) -> Vec<(u128, Kind, Handling)> {
    let of = |(number, case): (usize, &Between)| {
        let (first, again) = case.owed();
        let owed = if second { again } else { first };
        owed.map(|(kind, done)| (number as u128, kind, done))
    };
    let mut owed: Vec<_> = cases.iter().enumerate().filter_map(of).collect();
    owed.sort_unstable();
    owed
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_difference_of_payouts_is_found_once_and_only_what_is_left_is_found_again(
        (cases, minutes, skews, mischief, slice) in between(ALL.to_vec())
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let scene = scene(&cases, &minutes, &skews, mischief, slice);
            let first = scene.compare().await;
            prop_assert_eq!(said(&first), owed(&cases, false));
            prop_assert_eq!(&first.gaps, &vec![]);
            let second = scene.compare().await;
            prop_assert_eq!(said(&second), owed(&cases, true));
            let left = u32::try_from(second.lines.len()).unwrap();
            prop_assert_eq!((second.differences, second.mended), (left, 0));
            // A repeated page repeats nothing; what was shown was counted.
            let shown = second.gateways[0].payouts;
            prop_assert!(shown >= u64::try_from(scene.theirs.payouts.len()).unwrap());
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn a_line_says_which_payout_and_what_of_it_differs() {
    let mut scene = Scene::new();
    let at = window().from + minutes(60);
    add(&mut scene, 1, OtherSum, at, minutes(1));
    add(&mut scene, 2, Behind, at, minutes(1));
    add(&mut scene, 3, Unlinked, at, minutes(1));
    let mut lines = scene.compare().await.lines;
    lines.sort_by_key(|line| line.payout_id);
    let words = |line: &Line| {
        let side = |side: &Option<crate::report::Side>| {
            let side = side.as_ref().unwrap();
            (side.status.clone(), side.amount.clone())
        };
        (side(&line.ours), side(&line.theirs))
    };
    let side = |status: &str, amount: &str| (status.to_owned(), amount.to_owned());
    assert_eq!(
        (words(&lines[0]), lines[0].fields.as_slice()),
        (
            (side("pending", "1500.00"), side("pending", "400.00")),
            [Field::Amount].as_slice()
        )
    );
    // One that was mended is told as it was before.
    assert_eq!(
        words(&lines[1]),
        (side("pending", "1500.00"), side("succeeded", "1500.00"))
    );
    assert_eq!(
        words(&lines[2]),
        (side("paid", "1500.00"), side("succeeded", "1500.00"))
    );
    for (line, number) in lines.iter().zip(1_u128..) {
        assert_eq!(line.payout_id, Some(Uuid::from_u128(number)));
        assert_eq!((line.payment_id, line.refund.as_ref()), (None, None));
        assert_eq!(line.provider_id, Some(format!("po-{number}")));
    }
}

#[tokio::test]
async fn what_an_operator_has_settled_of_a_payout_is_no_difference_until_it_changes() {
    let mut scene = Scene::new();
    let at = window().from + minutes(60);
    add(&mut scene, 1, Doubled, at, minutes(1));
    add(&mut scene, 2, GivenUpThere, at, minutes(1));
    let report = scene.compare().await;
    assert_eq!((report.differences, report.settled), (2, 0));
    for payout in scene.ours.payouts.lock().unwrap().values_mut() {
        let command = ResolveAnomaly {
            number: 1,
            resolution: Resolution::SettledByHand,
            by: admin(),
            at,
        };
        tell(payout, command);
    }
    let report = scene.compare().await;
    assert_eq!((report.differences, report.settled), (0, 2));
    // A third one for the same money.
    let mut third = scene.theirs.payouts[0].clone();
    third.provider_id = "third-1".to_owned();
    scene.theirs.payouts.push(third);
    let report = scene.compare().await;
    assert_eq!((report.differences, report.settled), (1, 2));
}

#[tokio::test]
async fn case_24_a_payout_beyond_every_overlap_is_asked_for_by_its_id() {
    let (from, to) = (window().from, window().to);
    let second = SignedDuration::from_secs(1);
    let mut scene = Scene::new();
    for (number, (at, skew)) in [
        (from, -5),
        (from - second, 5),
        (to - second, 5),
        (to, -5),
        (from + minutes(5 * 60), -5),
        (to - second, 23 * 60),
        (from, -23 * 60),
    ]
    .into_iter()
    .enumerate()
    {
        add(&mut scene, number as u128, Equal, at, minutes(skew));
    }
    let report = scene.compare().await;
    assert_eq!((report.lines, report.gaps), (vec![], vec![]));
    add(&mut scene, 100, Behind, to - second, minutes(23 * 60));
    add(&mut scene, 101, Missing, to - second, minutes(0));
    assert_eq!(
        said(&scene.compare().await),
        [
            (100, Kind::PayoutDiffers, Handling::Recorded),
            (101, Kind::MissingPayout, Handling::Nothing)
        ]
    );
}

#[tokio::test]
async fn a_gateway_that_falls_silent_leaves_gaps_and_no_false_alarm() {
    let mut answered_all = false;
    for answers in 0..30 {
        let mut scene = Scene::new();
        for number in 0..12_u128 {
            let at = window().from + minutes(i64::try_from(number).unwrap() * 110);
            let case = if number % 3 == 0 { Unlinked } else { Equal };
            add(&mut scene, number, case, at, minutes(1));
        }
        add(&mut scene, 50, Missing, window().from + minutes(700), minutes(0));
        // Questions about payments, of which there are none, come first.
        scene.theirs.answers_max.store(answers, Ordering::SeqCst);
        let broken = scene.compare().await;
        let is_true =
            |line: &Line| line.kind == Kind::UnlinkedPayout || line.payout_id == Some(Uuid::from_u128(50));
        assert!(broken.lines.iter().all(is_true), "{answers} answers: {broken:#?}");
        assert!(broken.gaps.iter().all(|gap| gap.from < gap.to), "{broken:#?}");
        if broken.gaps.is_empty() {
            answered_all = true;
            assert_eq!((broken.differences, broken.mended), (1, 4), "{answers} answers");
        }
        scene.theirs.answers_max.store(u32::MAX, Ordering::SeqCst);
        let whole = scene.compare().await;
        assert_eq!((whole.gaps.len(), whole.differences), (0, 1), "{answers} answers");
        assert_eq!(broken.mended + whole.mended, 4, "{answers} answers");
    }
    assert!(answered_all, "a gateway that answers everything leaves no gap");
}

#[tokio::test]
async fn without_a_gateway_nothing_is_asked_and_payouts_that_are_there_are_no_agreement() {
    let mut scene = Scene::new();
    scene.pays_out = false;
    scene.add(1, Case::Equal, window().from + minutes(60), minutes(1));
    let report = scene.compare().await;
    assert_eq!(
        (report.gateways.as_slice(), report.gaps.as_slice()),
        ([].as_slice(), [].as_slice())
    );
    let text = table(&report);
    assert!(text.contains("No payout gateway is set up"), "{text}");
    assert!(text.ends_with("\n\n0 differences"), "{text}");
    assert!(!csv(&report).contains("payout_total"));

    add(&mut scene, 2, Equal, window().from + minutes(60), minutes(1));
    let report = scene.compare().await;
    assert_eq!((report.differences, report.gaps.len()), (0, 1), "{report:#?}");
    assert_eq!(
        (report.gaps[0].provider.as_str(), report.gaps[0].what.as_str()),
        ("ours", "payouts")
    );
    assert_eq!(report.payout_totals[0].provider, None);

    scene.pays_out = true;
    let report = scene.compare().await;
    let expected = GatewayLine {
        provider: "yookassa".to_owned(),
        payouts: 1,
    };
    assert_eq!((report.gateways, report.gaps), (vec![expected], vec![]));
    let total = &report.payout_totals[0];
    let told = (total.provider.as_deref(), total.status.as_str(), total.payouts);
    assert_eq!(told, (Some("yookassa"), "paid", 1));
    assert_eq!(total.amount, PRICE.decimal());
}
