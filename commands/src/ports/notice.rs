//! What a provider tells unasked: a hint to look again, never a fact.

use std::net::IpAddr;

use domain::money::Money;

use crate::ports::Fiscal;

/// Reads a provider's notices, and tells them from what only looks like one.
pub trait Notices: Send + Sync {
    /// The hint in a notice that came from this peer with this body.
    ///
    /// # Errors
    /// [`NoticeError`]; nothing about the notice may be believed then.
    fn read(&self, peer: IpAddr, body: &[u8]) -> Result<Hint, NoticeError>;

    /// The body of the answer that tells the provider its notice arrived; the status is 200.
    fn receipt(&self) -> &'static str;
}

/// What a notice hints at. The truth is read back from the provider by the object's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The provider's word for what happened, kept as it came.
    pub event: String,
    /// What the id names.
    pub object: ObjectKind,
    /// The provider's id of the object: of a refund, in a notice about a refund.
    pub object_id: String,
    /// The provider's id of the payment concerned, where there is one.
    pub payment_id: Option<String>,
    /// The same for every repetition of one notice, different for different ones.
    pub dedup: String,
}

/// What kind of object a notice is about.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ObjectKind {
    Payment,
    Refund,
    Payout,
    /// A receipt of a payment, by a cash register that cannot be asked.
    Receipt(Box<ReceiptNotice>),
    /// Something the platform does not know, by the provider's word.
    Other(String),
}

/// What a cash register printed. There is nowhere to read it back from, so only a signed notice may tell it; it moves no money.
///
/// That is safe, because little hangs on it: it is signed with our terminal's password and names that terminal; its payment
/// is read back and must be ours; way and sum must be those of a receipt demanded here and still open; and a document that
/// is kept already proves nothing a second time. Nothing else of such a notice is kept but where a copy is read, sealed: it names
/// the patient.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReceiptNotice {
    /// Whether money came in; otherwise it went back.
    pub incoming: bool,
    /// The sum on it, positive either way.
    pub amount: Money,
    /// The proof; none when the cash register gave it up.
    pub fiscal: Option<Fiscal>,
    /// Where the payer reads a copy: an `https` address whose page names them.
    pub copy_url: Option<String>,
}

/// Why a notice is not followed; its sender is told no more than that.
#[expect(missing_docs, reason = "each message says it")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoticeError {
    #[error("the notice does not come from the provider's networks")]
    UnknownSource,
    #[error("the notice is not in the provider's form")]
    Malformed,
    #[error("the notice is not signed by the provider")]
    Forged,
}
