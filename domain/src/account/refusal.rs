//! Every business "no" that commands about accounts can give, each with a stable code.
#![expect(missing_docs, reason = "each message says it")]

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountRefusal {
    /// Whoever could deactivate themselves could leave the platform without an admin.
    #[error("nobody deactivates their own account; another admin can")]
    OwnAccount,
    /// The admin who acts was deactivated meanwhile.
    #[error("this account is deactivated")]
    ActorDeactivated,
    #[error("this account is not a doctor's")]
    NotADoctor,
    /// There is nothing to refuse.
    #[error("this doctor has not applied, or the application was decided already")]
    NoApplication,
    /// Its owner would change what an admin answers for.
    #[error(
        "you are verified under this name and specialization: an admin changes them, or apply anew and change them while the application \
         waits"
    )]
    ProfileVerified,
    #[error("this licence has expired: name one that is good today")]
    LicenceExpired,
    /// It was accepted, declined, withdrawn, or not answered in time.
    #[error("this invitation has ended: ask the clinic for a new one")]
    InvitationEnded,
    #[error("you are of another clinic: leave it first")]
    InAnotherClinic,
    /// Of whom nothing is told to a clinic whose doctor this is not.
    #[error("this doctor is not of this clinic")]
    NotInClinic,
}

impl AccountRefusal {
    pub const fn code(self) -> &'static str {
        match self {
            Self::OwnAccount => "own_account",
            Self::ActorDeactivated => "account_deactivated",
            Self::NotADoctor => "not_a_doctor",
            Self::NoApplication => "no_application",
            Self::ProfileVerified => "profile_verified",
            Self::LicenceExpired => "licence_expired",
            Self::InvitationEnded => "invitation_ended",
            Self::InAnotherClinic => "in_another_clinic",
            Self::NotInClinic => "not_found",
        }
    }
}
