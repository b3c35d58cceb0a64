//! Doctors join one clinic at a time, by an invitation that is open, and leave it.

use cqrs_es::test::TestFramework;
use jiff::Timestamp;
use proptest::prelude::*;

use crate::account::commands::{JoinClinic, LeaveClinic};
use crate::account::decide::decide;
use crate::account::events::AccountEvent;
use crate::account::refusal::AccountRefusal;
use crate::account::{Account, AccountCommand};
use crate::ids::ClinicId;
use crate::people::Role;
use crate::tests::fixtures::{id, moment, person};

fn at() -> Timestamp {
    moment("2026-12-01T09:00:00Z")
}

fn join(clinic: u128, member_of: Option<u128>, is_open: bool) -> JoinClinic {
    JoinClinic {
        role: Role::Doctor,
        clinic_id: id(clinic),
        invitation_id: id(70),
        is_open,
        member_of: member_of.map(id),
        by: person(Role::Doctor),
        at: at(),
    }
}

fn leave(clinic: Option<u128>, member_of: Option<u128>) -> LeaveClinic {
    LeaveClinic {
        clinic_id: clinic.map(id),
        member_of: member_of.map(id),
        by: person(Role::Clinic),
        at: at(),
    }
}

fn joined(clinic: u128) -> AccountEvent {
    AccountEvent::JoinedClinic {
        clinic_id: id(clinic),
        invitation_id: id(70),
        by: person(Role::Doctor),
        at: at(),
    }
}

fn left(clinic: u128) -> AccountEvent {
    AccountEvent::LeftClinic {
        clinic_id: id(clinic),
        by: person(Role::Clinic),
        at: at(),
    }
}

fn leads_to(command: impl Into<AccountCommand>, facts: Vec<AccountEvent>) {
    TestFramework::<Account>::with(())
        .given_no_previous_events()
        .when(command.into())
        .then_expect_events(facts);
}

fn is_refused(command: impl Into<AccountCommand>, refusal: AccountRefusal) {
    TestFramework::<Account>::with(())
        .given_no_previous_events()
        .when(command.into())
        .then_expect_error(refusal);
}

#[test]
fn an_open_invitation_is_accepted_once_by_a_doctor_of_no_clinic() {
    leads_to(join(1, None, true), vec![joined(1)]);
    // Accepted already: the same command twice is one.
    leads_to(join(1, Some(1), false), vec![]);
    leads_to(join(1, Some(1), true), vec![]);
    is_refused(join(1, None, false), AccountRefusal::InvitationEnded);
    is_refused(join(1, Some(2), true), AccountRefusal::InAnotherClinic);
    is_refused(join(1, Some(2), false), AccountRefusal::InvitationEnded);
    for role in [Role::Patient, Role::Clinic, Role::Admin, Role::Analyst] {
        let command = JoinClinic {
            role,
            ..join(1, None, true)
        };
        is_refused(command, AccountRefusal::NotADoctor);
    }
}

#[test]
fn a_clinic_releases_its_own_doctors_and_a_doctor_leaves_the_clinic_there_is() {
    leads_to(leave(Some(1), Some(1)), vec![left(1)]);
    leads_to(leave(None, Some(1)), vec![left(1)]);
    is_refused(leave(Some(1), Some(2)), AccountRefusal::NotInClinic);
    is_refused(leave(Some(1), None), AccountRefusal::NotInClinic);
    leads_to(leave(None, None), vec![]);
}

proptest! {
    /// Whatever is asked for in whatever order: a doctor is of one clinic at most, and leaves only the one they are of.
    #[test]
    fn a_doctor_is_of_one_clinic_at_most(steps in prop::collection::vec((any::<bool>(), 0_u128..3, any::<bool>()), 0..24)) {
        let mut member_of: Option<ClinicId> = None;
        for (joins, clinic, flag) in steps {
            let command: AccountCommand = if joins {
                JoinClinic { member_of, ..join(clinic, None, flag) }.into()
            } else {
                LeaveClinic { member_of, ..leave(flag.then_some(clinic), None) }.into()
            };
            for fact in decide(&Account::default(), command).unwrap_or_default() {
                let (joined, left) = match fact {
                    AccountEvent::JoinedClinic { clinic_id, .. } => (Some(clinic_id), None),
                    AccountEvent::LeftClinic { clinic_id, .. } => (None, Some(clinic_id)),
                    AccountEvent::Deactivated { .. }
                    | AccountEvent::Reactivated { .. }
                    | AccountEvent::Edited { .. }
                    | AccountEvent::SessionsEnded { .. }
                    | AccountEvent::Applied { .. }
                    | AccountEvent::ApplicationRefused { .. }
                    | AccountEvent::Verified { .. }
                    | AccountEvent::Unverified { .. }
                    | AccountEvent::BankAccountNamed { .. } => (None, None),
                };
                prop_assert!(joined.is_some() || left.is_some(), "of a clinic alone");
                prop_assert_eq!(member_of, left, "leaves where they are, joins from nowhere");
                member_of = joined;
            }
        }
    }
}
