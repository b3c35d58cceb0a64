//! Admins change accounts, owners their public profiles, and what an admin answers for stays the admin's.

use cqrs_es::Aggregate;

use crate::account::Account;
use crate::account::commands::Edit;
use crate::account::decide::{Decision, decide};
use crate::account::events::{AccountEvent, AccountField, UnverifiedReason};
use crate::account::refusal::AccountRefusal;
use crate::people::{Actor, Role};
use crate::tests::fixtures::{id, moment, person, sealed};

const OWNER: u128 = 8;

fn owner() -> Actor {
    Actor::Person {
        id: id(OWNER),
        role: Role::Doctor,
    }
}

fn verified() -> AccountEvent {
    AccountEvent::Verified {
        by: person(Role::Admin),
        at: moment("2026-12-01T09:00:00Z"),
    }
}

fn applied() -> AccountEvent {
    AccountEvent::Applied {
        application: sealed(1),
        by: owner(),
        at: moment("2026-12-01T09:00:00Z"),
    }
}

fn unverified() -> AccountEvent {
    AccountEvent::Unverified {
        reason: UnverifiedReason::Other,
        by: person(Role::Admin),
        at: moment("2026-12-01T09:00:00Z"),
    }
}

fn edit(given: &[AccountEvent], by: Actor, fields: &[AccountField], is_verified: bool) -> Decision {
    let mut account = Account::default();
    given.iter().cloned().for_each(|fact| account.apply(fact));
    let command = Edit {
        account_id: id(OWNER),
        is_verified,
        fields: fields.to_vec(),
        values: sealed(6),
        by,
        at: moment("2026-12-01T09:00:00Z"),
    };
    decide(&account, command)
}

#[test]
fn an_edit_names_the_fields_that_change_and_is_nothing_when_none_does() {
    let fields = [AccountField::Email, AccountField::ClinicId];
    let edited = AccountEvent::Edited {
        fields: fields.to_vec(),
        values: sealed(6),
        by: person(Role::Admin),
        at: moment("2026-12-01T09:00:00Z"),
    };
    assert_eq!(
        edit(&[], person(Role::Admin), &fields, true),
        Ok(vec![edited.clone()])
    );
    assert_eq!(edit(&[edited], person(Role::Admin), &[], true), Ok(vec![]));
}

#[test]
fn what_an_admin_answers_for_its_owner_does_not_change_while_verified() {
    use AccountField::{FirstName, LastName, Specialization};
    let facts = |given: &[AccountEvent], by, field, is_verified| {
        edit(given, by, &[field], is_verified).map(|facts| facts.len())
    };
    for field in AccountField::ALL {
        let owed = match [FirstName, LastName, Specialization].contains(&field) {
            true => Err(AccountRefusal::ProfileVerified),
            false => Ok(1),
        };
        // By a fact, or when the account was made, of which no fact tells.
        assert_eq!(facts(&[verified()], owner(), field, false), owed, "{field:?}");
        assert_eq!(facts(&[], owner(), field, true), owed, "{field:?}");
        let by_admin = facts(&[verified()], person(Role::Admin), field, true);
        assert_eq!(by_admin, Ok(1), "{field:?}");
        // Nobody answers for it before, while another licence waits, and while the doctor is suspended.
        assert_eq!(facts(&[], owner(), field, false), Ok(1), "{field:?}");
        for later in [applied(), unverified()] {
            assert_eq!(
                facts(&[verified(), later], owner(), field, true),
                Ok(1),
                "{field:?}"
            );
        }
    }
}

#[test]
fn a_field_belongs_to_the_role_whose_profile_shows_it() {
    use AccountField::{About, Address, BasePoint, ClinicName, PublicPhone, TravelKm};
    for (field, doctor, clinic) in [
        (About, true, true),
        (BasePoint, true, true),
        (TravelKm, true, false),
        (Address, false, true),
        (PublicPhone, false, true),
        (ClinicName, false, true),
    ] {
        assert_eq!(field.belongs_to(Role::Doctor), doctor, "{field:?}");
        assert_eq!(field.belongs_to(Role::Clinic), clinic, "{field:?}");
        assert!(!field.belongs_to(Role::Patient), "{field:?}");
    }
}
