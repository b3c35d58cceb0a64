//! Given what was done to an account, when more is, then that happens; and the same again is nothing.

use cqrs_es::Aggregate;
use cqrs_es::test::TestFramework;
use jiff::Timestamp;
use jiff::civil::date;
use proptest::prelude::*;

use crate::account::commands::{
    Apply, Deactivate, EndSessions, NameBankAccount, Reactivate, RefuseApplication, Unverify, Verify,
};
use crate::account::decide::{decide, permit_actor};
use crate::account::events::{AccountEvent, ApplicationRefusedReason, DeactivationReason, UnverifiedReason};
use crate::account::refusal::AccountRefusal;
use crate::account::{Account, AccountCommand, Verification};
use crate::payout::rest::rests_until;
use crate::people::{Actor, PrivateRef, Role};
use crate::tests::fixtures::{id, moment, person, sealed};

fn at() -> Timestamp {
    moment("2026-12-01T09:00:00Z")
}

fn admin() -> Actor {
    person(Role::Admin)
}

fn deactivate(account: u128, note: Option<PrivateRef>) -> AccountCommand {
    Deactivate {
        account_id: id(account),
        reason: DeactivationReason::Left,
        note,
        for_erasure: false,
        by: admin(),
        at: at(),
    }
    .into()
}

fn deactivated(note: Option<PrivateRef>) -> AccountEvent {
    AccountEvent::Deactivated {
        reason: DeactivationReason::Left,
        note,
        by: admin(),
        at: at(),
    }
}

fn reactivate() -> AccountCommand {
    Reactivate {
        note: None,
        by: admin(),
        at: at(),
    }
    .into()
}

fn reactivated() -> AccountEvent {
    AccountEvent::Reactivated {
        note: None,
        by: admin(),
        at: at(),
    }
}

fn verify(role: Role) -> AccountCommand {
    Verify {
        role,
        by: admin(),
        at: at(),
    }
    .into()
}

fn verified() -> AccountEvent {
    AccountEvent::Verified {
        by: admin(),
        at: at(),
    }
}

fn unverify(role: Role) -> AccountCommand {
    Unverify {
        role,
        reason: UnverifiedReason::AccreditationExpired,
        by: admin(),
        at: at(),
    }
    .into()
}

fn unverified() -> AccountEvent {
    AccountEvent::Unverified {
        reason: UnverifiedReason::AccreditationExpired,
        by: admin(),
        at: at(),
    }
}

fn apply(number: u128, same_as: Option<u128>) -> AccountCommand {
    Apply {
        role: Role::Doctor,
        application: sealed(number),
        valid_until: Some(date(2026, 12, 1)),
        same_as: same_as.map(|number| sealed(number).id),
        by: person(Role::Doctor),
        at: at(),
    }
    .into()
}

fn applied(number: u128) -> AccountEvent {
    AccountEvent::Applied {
        application: sealed(number),
        by: person(Role::Doctor),
        at: at(),
    }
}

fn refuse(role: Role) -> AccountCommand {
    RefuseApplication {
        role,
        reason: ApplicationRefusedReason::LicenceNotFound,
        note: Some(sealed(8)),
        by: admin(),
        at: at(),
    }
    .into()
}

fn refused() -> AccountEvent {
    AccountEvent::ApplicationRefused {
        reason: ApplicationRefusedReason::LicenceNotFound,
        note: Some(sealed(8)),
        by: admin(),
        at: at(),
    }
}

/// Given these facts the command leads to those.
fn leads_to(given: Vec<AccountEvent>, command: AccountCommand, facts: Vec<AccountEvent>) {
    TestFramework::<Account>::with(())
        .given(given)
        .when(command)
        .then_expect_events(facts);
}

#[test]
fn an_account_is_deactivated_and_reactivated_once_each_time() {
    leads_to(
        vec![],
        deactivate(1, Some(sealed(6))),
        vec![deactivated(Some(sealed(6)))],
    );
    leads_to(vec![deactivated(None)], deactivate(1, None), vec![]);
    leads_to(vec![], reactivate(), vec![]);
    leads_to(vec![deactivated(None)], reactivate(), vec![reactivated()]);
    leads_to(vec![deactivated(None), reactivated()], reactivate(), vec![]);
    leads_to(
        vec![deactivated(None), reactivated()],
        deactivate(1, None),
        vec![deactivated(None)],
    );
}

#[test]
fn nobody_deactivates_their_own_account_whatever_state_it_is_in() {
    // `person` is number 9.
    for given in [vec![], vec![deactivated(None)]] {
        TestFramework::<Account>::with(())
            .given(given)
            .when(deactivate(9, None))
            .then_expect_error(AccountRefusal::OwnAccount);
    }
}

#[test]
fn whoever_wants_to_be_erased_may_ask_for_it_of_their_own_account() {
    let erased: AccountCommand = Deactivate {
        account_id: id(9),
        reason: DeactivationReason::Left,
        note: None,
        for_erasure: true,
        by: admin(),
        at: at(),
    }
    .into();
    leads_to(vec![], erased.clone(), vec![deactivated(None)]);
    leads_to(vec![deactivated(None)], erased, vec![]);
}

#[test]
fn whoever_was_deactivated_acts_no_more() {
    let mut acting = Account::default();
    assert_eq!(permit_actor(&acting), Ok(()));
    acting.apply(deactivated(None));
    assert_eq!(permit_actor(&acting), Err(AccountRefusal::ActorDeactivated));
    acting.apply(reactivated());
    assert_eq!(permit_actor(&acting), Ok(()));
}

#[test]
fn sessions_are_ended_where_there_are_some() {
    let end = |session_id, living| {
        AccountCommand::from(EndSessions {
            session_id,
            living,
            by: admin(),
            at: at(),
        })
    };
    let ended = |session_id| AccountEvent::SessionsEnded {
        session_id,
        by: admin(),
        at: at(),
    };
    leads_to(vec![], end(None, 2), vec![ended(None)]);
    leads_to(vec![ended(None)], end(Some(id(7)), 1), vec![ended(Some(id(7)))]);
    leads_to(vec![ended(None)], end(None, 0), vec![]);
}

#[test]
fn a_new_bank_account_is_told_with_the_moment_from_which_money_goes_there() {
    let command = NameBankAccount {
        by: admin(),
        at: at(),
    };
    let named = AccountEvent::BankAccountNamed {
        rests_until: rests_until(at()),
        by: admin(),
        at: at(),
    };
    leads_to(vec![], command.into(), vec![named]);
}

#[test]
fn a_doctor_is_verified_and_unverified_and_nobody_else_is() {
    leads_to(vec![], verify(Role::Doctor), vec![verified()]);
    leads_to(vec![verified()], verify(Role::Doctor), vec![]);
    leads_to(vec![], unverify(Role::Doctor), vec![unverified()]);
    leads_to(vec![verified()], unverify(Role::Doctor), vec![unverified()]);
    leads_to(vec![unverified()], unverify(Role::Doctor), vec![]);
    leads_to(vec![unverified()], verify(Role::Doctor), vec![verified()]);
    for role in [Role::Patient, Role::Clinic, Role::Admin, Role::Analyst] {
        for command in [verify(role), unverify(role)] {
            TestFramework::<Account>::with(())
                .given_no_previous_events()
                .when(command)
                .then_expect_error(AccountRefusal::NotADoctor);
        }
    }
}

#[test]
fn what_is_done_to_the_profile_leaves_the_standing_as_it_is() {
    let mut account = Account::default();
    account.apply(deactivated(None));
    let before = account.standing.clone();
    account.apply(unverified());
    account.apply(verified());
    assert_eq!(account.standing, before);
    assert!(!account.is_active());
}

#[test]
fn a_doctor_applies_and_is_verified_or_refused() {
    leads_to(vec![], apply(1, None), vec![applied(1)]);
    leads_to(vec![applied(1)], verify(Role::Doctor), vec![verified()]);
    leads_to(vec![applied(1)], refuse(Role::Doctor), vec![refused()]);
    leads_to(vec![applied(1), refused()], refuse(Role::Doctor), vec![]);
    leads_to(
        vec![applied(1), refused()],
        verify(Role::Doctor),
        vec![verified()],
    );
    leads_to(vec![applied(1)], unverify(Role::Doctor), vec![unverified()]);
}

#[test]
fn what_is_said_already_is_not_said_again_and_anything_else_awaits_an_admin() {
    leads_to(vec![applied(1)], apply(2, Some(1)), vec![]);
    leads_to(vec![applied(1), verified()], apply(2, Some(1)), vec![]);
    // Another licence, of a doctor who waits or is verified.
    leads_to(vec![applied(1)], apply(2, None), vec![applied(2)]);
    leads_to(vec![applied(1), verified()], apply(2, None), vec![applied(2)]);
    leads_to(vec![verified()], apply(2, None), vec![applied(2)]);
    // Whoever was refused or suspended may ask again with the same.
    leads_to(vec![applied(1), refused()], apply(2, Some(1)), vec![applied(2)]);
    let suspended = vec![applied(1), verified(), unverified()];
    leads_to(suspended, apply(2, Some(1)), vec![applied(2)]);
    // It is the last application that counts, not one before it.
    leads_to(vec![applied(1), applied(2)], apply(3, Some(1)), vec![applied(3)]);
}

#[test]
fn only_what_waits_is_refused_and_only_doctors_apply() {
    let applied_and_verified = vec![applied(1), verified()];
    for given in [vec![], vec![verified()], applied_and_verified, vec![unverified()]] {
        TestFramework::<Account>::with(())
            .given(given)
            .when(refuse(Role::Doctor))
            .then_expect_error(AccountRefusal::NoApplication);
    }
    for role in [Role::Patient, Role::Clinic, Role::Admin, Role::Analyst] {
        let command = Apply {
            role,
            application: sealed(1),
            valid_until: None,
            same_as: None,
            by: person(role),
            at: at(),
        };
        for command in [command.into(), refuse(role)] {
            TestFramework::<Account>::with(())
                .given(vec![applied(1)])
                .when(command)
                .then_expect_error(AccountRefusal::NotADoctor);
        }
    }
}

#[test]
fn nobody_applies_with_a_licence_that_has_run_out() {
    let command = |last_day| Apply {
        role: Role::Doctor,
        application: sealed(1),
        valid_until: Some(last_day),
        same_as: None,
        by: person(Role::Doctor),
        at: at(),
    };
    leads_to(vec![], command(date(2026, 12, 1)).into(), vec![applied(1)]);
    TestFramework::<Account>::with(())
        .given_no_previous_events()
        .when(command(date(2026, 11, 30)).into())
        .then_expect_error(AccountRefusal::LicenceExpired);
}

proptest! {
    /// In whatever order doctor and admins act: a doctor is offered only after an admin verified what was said last.
    #[test]
    fn nobody_is_verified_with_what_no_admin_has_seen(steps in prop::collection::vec(0_u8..5, 0..12)) {
        let mut account = Account::default();
        let mut seen = None;
        for (nth, step) in (1_u128..).zip(steps) {
            let last = account.application.as_ref().map(|application| application.says.id);
            let command = match step {
                0 => apply(nth, None),
                1 => Apply {
                    role: Role::Doctor,
                    application: sealed(nth),
                    valid_until: None,
                    same_as: last,
                    by: person(Role::Doctor),
                    at: at(),
                }
                .into(),
                2 => verify(Role::Doctor),
                3 => refuse(Role::Doctor),
                _ => unverify(Role::Doctor),
            };
            let facts = decide(&account, command).unwrap_or_default();
            prop_assert!(facts.len() <= 1);
            for fact in facts {
                if matches!(fact, AccountEvent::Verified { .. }) {
                    seen = last;
                }
                account.apply(fact);
            }
            if account.verification == Verification::Verified {
                prop_assert_eq!(seen, account.application.as_ref().map(|application| application.says.id));
            }
        }
    }
}
