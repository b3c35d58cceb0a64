//! The steps of a visit as its doctor and patient take them, under the usual windows.

use jiff::Timestamp;

use crate::booking::commands::{AcceptChange, Arrive, Complete, Depart, NoShow, PassDeadline, StartVisit};
use crate::people::Role;
use crate::policy::visit::VisitWindows;
use crate::tests::fixtures::person;

pub(super) fn depart(at: Timestamp) -> Depart {
    Depart {
        by: person(Role::Doctor),
        windows: VisitWindows::default(),
        at,
    }
}

pub(super) fn arrive(at: Timestamp) -> Arrive {
    Arrive {
        by: person(Role::Doctor),
        windows: VisitWindows::default(),
        at,
    }
}

pub(super) fn begin(at: Timestamp) -> StartVisit {
    StartVisit {
        by: person(Role::Doctor),
        windows: VisitWindows::default(),
        at,
    }
}

pub(super) fn complete(at: Timestamp) -> Complete {
    Complete {
        by: person(Role::Doctor),
        windows: VisitWindows::default(),
        at,
    }
}

pub(super) fn no_show(at: Timestamp) -> NoShow {
    NoShow {
        by: person(Role::Doctor),
        windows: VisitWindows::default(),
        at,
    }
}

pub(super) fn pass_deadline(at: Timestamp) -> PassDeadline {
    PassDeadline {
        windows: VisitWindows::default(),
        at,
    }
}

pub(super) fn accept(at: Timestamp) -> AcceptChange {
    AcceptChange {
        by: person(Role::Patient),
        at,
    }
}
