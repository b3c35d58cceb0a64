//! T-Bank's acquiring protocol (EACQ v2), the part that the fast payment system needs.

pub mod cancel;
pub mod errors;
pub mod fields;
pub mod handler;
pub mod init;
pub mod notify;
pub mod qr;
pub mod state;
pub mod token;

use serde_json::Value;

use crate::state::SandboxState;
use crate::tbank::errors::BankRefusal;
use crate::tbank::fields::BankFields;

/// What can be asked, as the path names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Init,
    Confirm,
    GetQr,
    GetState,
    CheckOrder,
    Cancel,
    GetQrState,
    QrMembersList,
    SbpPayTest,
    GetQrBankList,
    Resend,
    SendClosingReceipt,
}

impl Method {
    const ALL: [(&str, Self); 12] = [
        ("Init", Self::Init),
        ("Confirm", Self::Confirm),
        ("GetQr", Self::GetQr),
        ("GetState", Self::GetState),
        ("CheckOrder", Self::CheckOrder),
        ("Cancel", Self::Cancel),
        ("GetQrState", Self::GetQrState),
        ("QrMembersList", Self::QrMembersList),
        ("SbpPayTest", Self::SbpPayTest),
        ("GetQrBankList", Self::GetQrBankList),
        ("Resend", Self::Resend),
        ("SendClosingReceipt", Self::SendClosingReceipt),
    ];

    /// The method of that name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(own, _)| *own == name)
            .map(|(_, method)| *method)
    }

    /// Whether its answers name the terminal: the description gives the field to some of them only.
    pub fn names_terminal(self) -> bool {
        match self {
            Self::Init
            | Self::Confirm
            | Self::GetQr
            | Self::GetState
            | Self::CheckOrder
            | Self::Cancel
            | Self::Resend => true,
            Self::GetQrState
            | Self::QrMembersList
            | Self::SbpPayTest
            | Self::GetQrBankList
            | Self::SendClosingReceipt => false,
        }
    }
}

/// Carries out one request whose signature was right.
///
/// # Errors
/// The bank's refusal, as it goes on the wire (with HTTP 200).
pub fn carry_out(
    state: &mut SandboxState,
    method: Method,
    body: &BankFields<'_>,
) -> Result<Value, BankRefusal> {
    match method {
        Method::Init => init::init(state, body),
        Method::Confirm => state::confirm(state, body),
        Method::GetQr => qr::get_qr(state, body),
        Method::GetState => state::get_state(state, body),
        Method::CheckOrder => state::check_order(state, body),
        Method::Cancel => cancel::cancel(state, body),
        Method::GetQrState => state::get_qr_state(state, body),
        Method::QrMembersList => qr::members(state, body),
        Method::SbpPayTest => state::sbp_pay_test(state, body),
        Method::GetQrBankList => qr::banks(state, body),
        Method::Resend => notify::resend(state),
        Method::SendClosingReceipt => notify::closing_receipt(state, body),
    }
}
