//! The platform as passkeys know it (WebAuthn's relying party): what devices are asked for, and whether their answers fit.

use serde_json::Value;
use url::Url;
use uuid::Uuid;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, WebauthnError,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

/// What devices show as the name of whom a passkey is for.
const NAME: &str = "TOT";

/// Why a passkey, or what a device said of it, is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasskeyRefusal {
    /// Not what a browser writes of a credential.
    #[error("the credential cannot be read: send what `JSON.stringify` makes of it")]
    Unreadable,
    /// It was asked for by a page that is none of ours.
    #[error("the credential was made by a page of another origin than the platform's")]
    Origin,
    /// It is another site's.
    #[error("the credential is for another relying party than the platform")]
    RelyingParty,
    /// The device did not ask who uses it.
    #[error("the device did not verify who uses it: ask for it with `userVerification` as the options say")]
    NotVerified,
    /// It cannot be found without the name of an account, which signing in does not ask for.
    #[error(
        "the device does not keep the passkey where it is found without an e-mail address: take another device or password manager"
    )]
    NotDiscoverable,
    /// A new one that is not what was asked for.
    #[error(
        "the device's answer does not fit the options: ask for new ones and hand them to the browser as they are"
    )]
    Unfit,
    /// Nobody's, or it does not sign what was asked for; which is not told.
    #[error("this passkey does not open an account")]
    Unknown,
    /// It counted fewer uses than the platform saw: somebody else may hold a copy. Told as [`PasskeyRefusal::Unknown`] is.
    #[error("this passkey does not open an account")]
    CounterFell,
}

impl PasskeyRefusal {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Unreadable,
        Self::Origin,
        Self::RelyingParty,
        Self::NotVerified,
        Self::NotDiscoverable,
        Self::Unfit,
        Self::Unknown,
        Self::CounterFell,
    ];

    /// The word that the audit trail tells it as.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Origin => "wrong_origin",
            Self::RelyingParty => "wrong_relying_party",
            Self::NotVerified => "user_not_verified",
            Self::NotDiscoverable => "not_discoverable",
            Self::Unfit => "unfit",
            Self::Unknown => "unknown_passkey",
            Self::CounterFell => "counter_fell",
        }
    }

    /// The library's errors grow with its versions, and most of them are one to whoever asks: `otherwise`.
    fn of(error: &WebauthnError, otherwise: Self) -> Self {
        if *error == WebauthnError::InvalidRPOrigin || *error == WebauthnError::CredentialCrossOrigin {
            Self::Origin
        } else if *error == WebauthnError::InvalidRPIDHash {
            Self::RelyingParty
        } else if *error == WebauthnError::UserNotVerified || *error == WebauthnError::UserNotPresent {
            Self::NotVerified
        } else if *error == WebauthnError::CredentialPossibleCompromise {
            Self::CounterFell
        } else {
            otherwise
        }
    }
}

/// For whom a new passkey is.
pub(crate) struct NewOwner<'a> {
    /// What devices know the account by.
    pub handle: Uuid,
    /// What they show to tell it from others of the same person.
    pub email: &'a str,
    /// What they show of the person.
    pub name: &'a str,
    /// Credentials that the account has already: no device makes a second.
    pub known: Vec<Vec<u8>>,
}

/// What a device is asked for, and what its answer is compared with.
pub(crate) struct Challenge {
    /// WebAuthn's options as JSON, for the browser.
    pub options: Value,
    /// Never leaves the platform.
    pub state: Value,
}

/// A passkey as it is kept.
pub(crate) struct Registered {
    /// Which credential it is.
    pub credential_id: Vec<u8>,
    /// Public key, counter and the rest.
    pub credential: Value,
}

/// Why there is no answer: a fault of the caller, or of what is kept.
pub(crate) enum NotBelieved {
    /// The caller's.
    Fault(PasskeyRefusal),
    /// What is kept cannot be read.
    Kept(serde_json::Error),
}

impl From<serde_json::Error> for NotBelieved {
    fn from(error: serde_json::Error) -> Self {
        Self::Kept(error)
    }
}

impl From<PasskeyRefusal> for NotBelieved {
    fn from(fault: PasskeyRefusal) -> Self {
        Self::Fault(fault)
    }
}

/// A new credential, as a device says.
pub(crate) struct Creation(RegisterPublicKeyCredential);

impl Creation {
    /// As a browser wrote it.
    pub fn parse(text: &str) -> Result<Self, PasskeyRefusal> {
        let read = serde_json::from_str(text).map_err(|_| PasskeyRefusal::Unreadable)?;
        Ok(Self(read))
    }

    /// Which credential it says it is.
    pub fn credential_id(&self) -> &[u8] {
        &self.0.raw_id
    }
}

/// What signs in: which credential, of whom, as a device says.
pub(crate) struct Assertion(PublicKeyCredential);

impl Assertion {
    /// As a browser wrote it.
    pub fn parse(text: &str) -> Result<Self, PasskeyRefusal> {
        let read: PublicKeyCredential = serde_json::from_str(text).map_err(|_| PasskeyRefusal::Unreadable)?;
        Ok(Self(read))
    }

    /// Which credential it says it is.
    pub fn credential_id(&self) -> &[u8] {
        self.0.get_credential_id()
    }

    /// Whether it says that it is of the account with this handle.
    pub fn is_of(&self, handle: Uuid) -> bool {
        self.0.get_user_unique_id() == Some(handle.as_bytes().as_slice())
    }
}

/// The platform, under the name of its public address.
pub(crate) struct RelyingParty(Webauthn);

impl RelyingParty {
    /// At this public address, with pages of `others`, too. None where the address is no name: browsers make no passkeys for numbers.
    pub fn of(public_url: &str, others: &[String]) -> Option<Self> {
        let url = Url::parse(public_url).ok()?;
        let builder = WebauthnBuilder::new(url.domain()?, &url).ok()?.rp_name(NAME);
        let others: Vec<Url> = others.iter().filter_map(|other| Url::parse(other).ok()).collect();
        let builder = others
            .iter()
            .fold(builder, WebauthnBuilder::append_allowed_origin);
        builder.build().ok().map(Self)
    }

    /// Asks a device for a new passkey that is found without the name of the account.
    pub fn ask_for_new(&self, owner: NewOwner<'_>) -> Result<Challenge, NotBelieved> {
        let (challenge, state) = self
            .0
            .start_passkey_registration(owner.handle, owner.email, owner.name, Some(owner.known))
            .map_err(|error| PasskeyRefusal::of(&error, PasskeyRefusal::Unknown))?;
        let mut options = serde_json::to_value(&challenge.public_key)?;
        // The library asks devices not to keep the passkey themselves, and has no way to be told otherwise; signing in without an e-mail
        // address needs that they do.
        options["authenticatorSelection"]["residentKey"] = "required".into();
        options["authenticatorSelection"]["requireResidentKey"] = true.into();
        Ok(Challenge {
            options,
            state: serde_json::to_value(&state)?,
        })
    }

    /// The passkey that a device made, if it is what was asked for.
    pub fn register(&self, Creation(made): &Creation, state: Value) -> Result<Registered, NotBelieved> {
        let state: PasskeyRegistration = serde_json::from_value(state)?;
        let passkey = self.0.finish_passkey_registration(made, &state);
        let passkey = passkey.map_err(|error| PasskeyRefusal::of(&error, PasskeyRefusal::Unfit))?;
        // Browsers that do not say have kept it, as they were asked to.
        if made.extensions.cred_props.as_ref().and_then(|told| told.rk) == Some(false) {
            return Err(PasskeyRefusal::NotDiscoverable.into());
        }
        Ok(Registered {
            credential_id: passkey.cred_id().to_vec(),
            credential: serde_json::to_value(&passkey)?,
        })
    }

    /// Asks a device for any passkey of the platform's.
    pub fn ask_for_any(&self) -> Result<Challenge, NotBelieved> {
        let (challenge, state) = self
            .0
            .start_discoverable_authentication()
            .map_err(|error| PasskeyRefusal::of(&error, PasskeyRefusal::Unknown))?;
        Ok(Challenge {
            options: serde_json::to_value(&challenge.public_key)?,
            state: serde_json::to_value(&state)?,
        })
    }

    /// The passkey as it is to be kept from now on, if it signed what was asked for.
    pub fn verify(&self, assertion: &Assertion, state: Value, kept: Value) -> Result<Value, NotBelieved> {
        let state: DiscoverableAuthentication = serde_json::from_value(state)?;
        let mut passkey: Passkey = serde_json::from_value(kept)?;
        let used = self
            .0
            .finish_discoverable_authentication_v2(&assertion.0, state, &passkey)
            .map_err(|error| PasskeyRefusal::of(&error, PasskeyRefusal::Unknown))?;
        if !used.user_verified() {
            return Err(PasskeyRefusal::NotVerified.into());
        }
        passkey.update_credential(&used);
        Ok(serde_json::to_value(&passkey)?)
    }
}
