//! Given what was done to an account, when more is, then that happens; and the same again is nothing.

use cqrs_es::Aggregate;
use cqrs_es::test::TestFramework;
use jiff::Timestamp;

use crate::account::commands::{
    Deactivate, Edit, EndSessions, NameBankAccount, Reactivate, Unverify, Verify,
};
use crate::account::decide::permit_actor;
use crate::account::events::{AccountEvent, AccountField, DeactivationReason, UnverifiedReason};
use crate::account::refusal::AccountRefusal;
use crate::account::{Account, AccountCommand};
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

fn edit(fields: &[AccountField]) -> AccountCommand {
    Edit {
        fields: fields.to_vec(),
        values: sealed(6),
        by: admin(),
        at: at(),
    }
    .into()
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
fn an_edit_names_the_fields_that_change_and_is_nothing_when_none_does() {
    let fields = [AccountField::Email, AccountField::ClinicId];
    let edited = AccountEvent::Edited {
        fields: fields.to_vec(),
        values: sealed(6),
        by: admin(),
        at: at(),
    };
    leads_to(vec![], edit(&fields), vec![edited.clone()]);
    leads_to(vec![deactivated(None), edited], edit(&[]), vec![]);
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
