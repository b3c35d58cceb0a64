//! How long sessions last, how much is kept, and at which address the platform is known.

use domain::people::Role;

/// How long things last and how much is kept.
#[derive(Clone, Debug)]
pub struct PeopleOptions {
    /// `iss` of access tokens: this platform's public URL.
    pub issuer: String,
    /// Origins beside the public URL's whose pages may use passkeys.
    pub passkey_origins: Vec<String>,
    /// `aud` of access tokens: what they open.
    pub audience: String,
    /// Seconds an access token lasts.
    pub access_seconds: i64,
    /// How long sessions of patients last.
    pub patients: SessionHours,
    /// Those of doctors and clinics.
    pub doctors: SessionHours,
    /// Those of admins and analysts.
    pub staff: SessionHours,
    /// Seconds within which a second refresh with the same token, from the same device, is one refresh sent twice.
    pub refresh_grace_seconds: i64,
    /// Living sessions of one account; the oldest end first.
    pub sessions_per_account_max: i64,
    /// Password hashes computed in parallel, 19 MiB each.
    pub hashes_at_once: usize,
    /// Access tokens whose verification is remembered, about 200 bytes each.
    pub verified_tokens_max: u64,
    /// Events that may wait to be written into the audit trail, about 300 bytes each.
    pub trail_waiting_max: usize,
    /// Whether mail is sent: where it is not, none is kept to be.
    pub sends_mail: bool,
    /// Whether text messages are sent: where they are not, nothing is kept to be.
    pub sends_sms: bool,
}

/// How long a session lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionHours {
    /// Hours a refresh token lasts unused.
    pub refresh_hours: i64,
    /// Hours after which a session ends however much it is used.
    pub session_hours: i64,
}

impl PeopleOptions {
    /// How long sessions in this role last: the more somebody may do, the shorter.
    pub const fn lasts(&self, role: Role) -> SessionHours {
        match role {
            Role::Patient => self.patients,
            Role::Doctor | Role::Clinic => self.doctors,
            Role::Admin | Role::Analyst => self.staff,
        }
    }

    /// The defaults for the platform at `public_url`.
    pub fn new(public_url: &str) -> Self {
        Self {
            issuer: public_url.to_owned(),
            passkey_origins: Vec::new(),
            audience: "tot-api".to_owned(),
            access_seconds: 15 * 60,
            patients: SessionHours {
                refresh_hours: 30 * 24,
                session_hours: 90 * 24,
            },
            doctors: SessionHours {
                refresh_hours: 7 * 24,
                session_hours: 30 * 24,
            },
            staff: SessionHours {
                refresh_hours: 1,
                session_hours: 12,
            },
            refresh_grace_seconds: 5,
            sessions_per_account_max: 20,
            hashes_at_once: std::thread::available_parallelism().map_or(1, usize::from),
            verified_tokens_max: 20_000,
            trail_waiting_max: 8_192,
            sends_mail: false,
            sends_sms: false,
        }
    }
}
