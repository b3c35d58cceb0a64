//! Who must prove a second factor, and for what.

use domain::people::Role;

/// Of whom an action wants a second factor, proven when the session was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondFactorRule {
    /// Of nobody: what it takes to enrol one.
    OfNobody,
    /// Of those whose role must have one.
    ByRole,
    /// Of everybody: money leaves.
    OfAll,
}

impl SecondFactorRule {
    /// Whether somebody in this role needs one for it.
    pub const fn demands_of(self, role: Role) -> bool {
        match self {
            Self::OfNobody => false,
            Self::ByRole => must_have_second_factor(role),
            Self::OfAll => true,
        }
    }
}

/// Whether this role does nothing without a second factor: admins reach everybody's data and money. Analysts see no person.
pub const fn must_have_second_factor(role: Role) -> bool {
    match role {
        Role::Admin => true,
        Role::Patient | Role::Doctor | Role::Clinic | Role::Analyst => false,
    }
}
