//! Who is held up, by what, and for how long.

use jiff::SignedDuration;

use super::*;

fn brake(per_account: u32, per_address: u32) -> SignInBrake {
    SignInBrake::new(&Limits {
        logins_per_account: Rate::per_minute(per_account),
        logins_per_address: Rate::per_minute(per_address),
        ..Limits::UNLIMITED
    })
}

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_800_000_000 + second)
}

fn device() -> DeviceToken {
    DeviceToken::parse(&format!("{}{}A", DeviceToken::PREFIX, "A".repeat(42))).unwrap()
}

/// Fails once, or hears to wait.
fn fail(brake: &SignInBrake, email: &Email, from: &str, second: i64) -> Result<Rank, ()> {
    let attempt = brake
        .try_account(email, address(from), None, at(second))
        .map_err(drop)?;
    let rank = attempt.place.rank;
    attempt.failed();
    Ok(rank)
}

#[test]
fn an_owner_signs_in_however_many_guess() {
    let (brake, victim) = (brake(5, 30), email("victim@example.com"));
    let mut tries = 0;
    for second in 0..600 {
        for network in 0..350 {
            let from = format!("198.{}.{}.7", 18 + network / 250, network % 250);
            tries += i32::from(fail(&brake, &victim, &from, second).is_ok());
        }
    }
    // Twenty that cost nothing, and one a minute or less afterwards.
    assert!((20..=40).contains(&tries), "{tries}");
    let own = device();
    for second in 600..700 {
        let attempt = brake.try_account(&victim, address("203.0.113.9"), Some(&own), at(second));
        let attempt = attempt.unwrap();
        assert_eq!(attempt.place.rank, Rank::Known);
        attempt.succeeded();
    }
}

#[test]
fn tries_that_succeed_are_not_counted() {
    let (brake, owner) = (brake(5, 30), email("owner@example.com"));
    for _ in 0..1_000 {
        brake
            .try_account(&owner, address("203.0.113.9"), None, at(0))
            .unwrap()
            .succeeded();
    }
}

#[test]
fn a_try_under_way_is_a_failure_until_it_is_known_to_be_none() {
    let (brake, owner) = (brake(2, 30), email("owner@example.com"));
    let attempt = || brake.try_account(&owner, address("203.0.113.9"), None, at(0));
    let under_way = [attempt().unwrap(), attempt().unwrap()];
    assert!(attempt().is_err());
    drop(under_way);
    drop(attempt().unwrap());
}

#[test]
fn a_stolen_device_token_is_braked_by_its_own_failures() {
    let (brake, owner, stolen) = (brake(5, 30), email("owner@example.com"), device());
    let attempt = |second| brake.try_account(&owner, address("203.0.113.9"), Some(&stolen), at(second));
    for _ in 0..5 {
        attempt(0).unwrap().failed();
    }
    assert!(attempt(3).is_err());
    attempt(4).unwrap().failed();
    assert!(attempt(11).is_err());
    attempt(12).unwrap().succeeded();
    attempt(12).unwrap().succeeded();
}

#[test]
fn who_failed_waits_behind_who_did_not() {
    let brake = brake(5, 30);
    let ranks: Vec<Rank> = (0..6)
        .map(|number| {
            fail(
                &brake,
                &email(&format!("p{number}@example.com")),
                "203.0.113.9",
                0,
            )
            .unwrap()
        })
        .collect();
    let expected = [
        Rank::Calm,
        Rank::Failing,
        Rank::Failing,
        Rank::Failing,
        Rank::Suspect,
        Rank::Suspect,
    ];
    assert_eq!(ranks, expected);
    assert_eq!(
        fail(&brake, &email("p9@example.com"), "203.0.113.10", 0),
        Ok(Rank::Calm)
    );
}

#[test]
fn networks_wait_with_what_lies_around_them() {
    let brake = brake(5, 2);
    let sprayed = |network: &str, tries: i32| {
        let passed = (0..tries).filter(|number| {
            fail(
                &brake,
                &email(&format!("{number}@{tries}.example.com")),
                network,
                0,
            )
            .is_ok()
        });
        passed.count()
    };
    assert_eq!(sprayed("2001:db8:1:1::1", 10), 2);
    // Another /64 of the same site.
    assert_eq!(sprayed("2001:db8:1:2::1", 20), 2);
    let site: usize = (3..20)
        .map(|number| sprayed(&format!("2001:db8:1:{number}::1"), 30 + number))
        .sum();
    assert_eq!(site, 16 - 4);
    // Another site.
    assert_eq!(sprayed("2001:db8:2:1::1", 60), 2);
    assert_eq!(sprayed("203.0.113.1", 70), 2);
}

#[test]
fn whoever_is_signed_in_is_braked_apart() {
    let brake = brake(2, 30);
    let session = |number: u128| SessionId::from_uuid(uuid::Uuid::from_u128(number));
    for _ in 0..2 {
        brake.try_again(session(1), at(0)).unwrap().failed();
    }
    assert!(brake.try_again(session(1), at(0)).is_err());
    drop(brake.try_again(session(2), at(0)).unwrap());
}
