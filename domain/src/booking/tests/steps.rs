//! The steps of a visit as its doctor and patient take them, under the usual windows.

use jiff::Timestamp;

use crate::booking::commands::{AcceptChange, PassDeadline, ReportVisit};
use crate::booking::decide::visit::VisitReport;
use crate::people::Role;
use crate::policy::visit::VisitWindows;
use crate::tests::fixtures::person;

fn report(report: VisitReport, at: Timestamp) -> ReportVisit {
    ReportVisit {
        report,
        by: person(Role::Doctor),
        windows: VisitWindows::default(),
        at,
    }
}

pub(super) fn depart(at: Timestamp) -> ReportVisit {
    report(VisitReport::Depart, at)
}

pub(super) fn arrive(at: Timestamp) -> ReportVisit {
    report(VisitReport::Arrive, at)
}

pub(super) fn begin(at: Timestamp) -> ReportVisit {
    report(VisitReport::Start, at)
}

pub(super) fn complete(at: Timestamp) -> ReportVisit {
    report(VisitReport::Complete, at)
}

pub(super) fn no_show(at: Timestamp) -> ReportVisit {
    report(VisitReport::NoShow, at)
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
