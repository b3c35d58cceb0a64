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
async fn fail(brake: &SignInBrake, email: &Email, from: &str, second: i64) -> Result<Rank, ()> {
    let attempt = brake
        .try_account(email, address(from), None, at(second))
        .await
        .map_err(drop)?;
    let rank = attempt.place.rank;
    attempt.failed();
    Ok(rank)
}

#[tokio::test]
async fn an_owner_signs_in_however_many_guess() {
    let (brake, victim) = (brake(5, 30), email("victim@example.com"));
    let mut tries = 0;
    for second in 0..600 {
        for network in 0..350 {
            let from = format!("198.{}.{}.7", 18 + network / 250, network % 250);
            tries += i32::from(fail(&brake, &victim, &from, second).await.is_ok());
        }
    }
    // Twenty that cost nothing, and one a minute or less afterwards.
    assert!((20..=40).contains(&tries), "{tries}");
    let own = device();
    for second in 600..700 {
        let attempt = brake.try_account(&victim, address("203.0.113.9"), Some(&own), at(second));
        let attempt = attempt.await.unwrap();
        assert_eq!(attempt.place.rank, Rank::Known);
        attempt.succeeded();
    }
}

#[tokio::test]
async fn tries_that_succeed_are_not_counted() {
    let (brake, owner) = (brake(5, 30), email("owner@example.com"));
    for _ in 0..1_000 {
        brake
            .try_account(&owner, address("203.0.113.9"), None, at(0))
            .await
            .unwrap()
            .succeeded();
    }
}

#[tokio::test]
async fn a_try_under_way_is_a_failure_until_it_is_known_to_be_none() {
    let (brake, owner) = (brake(2, 30), email("owner@example.com"));
    let attempt = || brake.try_account(&owner, address("203.0.113.9"), None, at(0));
    let under_way = [attempt().await.unwrap(), attempt().await.unwrap()];
    assert!(attempt().await.is_err());
    drop(under_way);
    drop(attempt().await.unwrap());
}

#[tokio::test]
async fn a_stolen_device_token_is_braked_by_its_own_failures() {
    let (brake, owner, stolen) = (brake(5, 30), email("owner@example.com"), device());
    let attempt = |second| brake.try_account(&owner, address("203.0.113.9"), Some(&stolen), at(second));
    for _ in 0..5 {
        attempt(0).await.unwrap().failed();
    }
    assert!(attempt(3).await.is_err());
    attempt(4).await.unwrap().failed();
    assert!(attempt(11).await.is_err());
    attempt(12).await.unwrap().succeeded();
    attempt(12).await.unwrap().succeeded();
}

#[tokio::test]
async fn who_failed_waits_behind_who_did_not() {
    let brake = brake(5, 30);
    let mut ranks = Vec::new();
    for number in 0..6 {
        let somebody = email(&format!("p{number}@example.com"));
        ranks.push(fail(&brake, &somebody, "203.0.113.9", 0).await.unwrap());
    }
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
        fail(&brake, &email("p9@example.com"), "203.0.113.10", 0).await,
        Ok(Rank::Calm)
    );
}

#[tokio::test]
async fn networks_wait_with_what_lies_around_them() {
    let brake = brake(5, 2);
    let brake = &brake;
    let sprayed = |network: &str, tries: i32| {
        let network = network.to_owned();
        async move {
            let mut passed = 0;
            for number in 0..tries {
                let somebody = email(&format!("{number}@{tries}.example.com"));
                passed += usize::from(fail(brake, &somebody, &network, 0).await.is_ok());
            }
            passed
        }
    };
    assert_eq!(sprayed("2001:db8:1:1::1", 10).await, 2);
    // Another /64 of the same site.
    assert_eq!(sprayed("2001:db8:1:2::1", 20).await, 2);
    let mut site = 0;
    for number in 3..20 {
        site += sprayed(&format!("2001:db8:1:{number}::1"), 30 + number).await;
    }
    assert_eq!(site, 16 - 4);
    // Another site.
    assert_eq!(sprayed("2001:db8:2:1::1", 60).await, 2);
    assert_eq!(sprayed("203.0.113.1", 70).await, 2);
}

#[tokio::test]
async fn whoever_is_signed_in_is_braked_apart() {
    let brake = brake(2, 30);
    let session = |number: u128| SessionId::from_uuid(uuid::Uuid::from_u128(number));
    for _ in 0..2 {
        brake.try_again(session(1), at(0)).await.unwrap().failed();
    }
    assert!(brake.try_again(session(1), at(0)).await.is_err());
    drop(brake.try_again(session(2), at(0)).await.unwrap());
}
