//! What the surface is given of the world outside: whose notices it believes, who keeps them, who draws QR codes.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use commands::CommandError;
use commands::ports::{Hint, NoticeError, Notices};
use domain::payment::provider::Provider;
use futures::future::BoxFuture;

/// A notice that is believed, as a hint to look again.
#[derive(Clone, Debug)]
pub struct ReceivedNotice {
    /// Whose notice it is.
    pub provider: Provider,
    /// What it hints at; nothing else of it is kept, so that nothing personal is.
    pub hint: Hint,
    /// Whether so many hints at this object came lately that one look has to do for all of them.
    pub crowded: bool,
    /// The trace of the request that brought it.
    pub trace_id: String,
}

/// Keeps hints durably until somebody looks.
pub trait NoticeSink: Send + Sync {
    /// Keeps a hint. Once this returns, the provider need not tell it again; a repetition is one hint.
    ///
    /// # Errors
    /// Whatever the log or the queue answers; the provider tells it again then.
    fn keep(&self, told: ReceivedNotice) -> BoxFuture<'_, Result<(), CommandError>>;
}

/// Draws what a telephone scans.
pub trait QrRenderer: Send + Sync {
    /// The code of a payload as SVG; none if the payload fits into no code.
    fn svg(&self, payload: &str) -> Option<String>;

    /// The code of a payload as PNG; none if the payload fits into no code.
    fn png(&self, payload: &str) -> Option<Vec<u8>>;
}

/// Everything the surface is given of the world outside. By default there is nobody.
#[derive(Clone, Default)]
pub struct WebhookPorts {
    notices: BTreeMap<Provider, Arc<dyn Notices>>,
    notice_sink: Option<Arc<dyn NoticeSink>>,
    codes: Option<Arc<dyn QrRenderer>>,
}

impl WebhookPorts {
    /// The same, believing the notices of one more provider.
    #[must_use]
    pub fn with_notice_verifier(mut self, provider: Provider, notices: Arc<dyn Notices>) -> Self {
        self.notices.insert(provider, notices);
        self
    }

    /// The same, with somebody who keeps hints.
    #[must_use]
    pub fn with_notice_sink(self, notice_sink: Arc<dyn NoticeSink>) -> Self {
        Self {
            notice_sink: Some(notice_sink),
            ..self
        }
    }

    /// The same, with somebody who draws QR codes.
    #[must_use]
    pub fn with_qr_renderer(self, codes: Arc<dyn QrRenderer>) -> Self {
        Self {
            codes: Some(codes),
            ..self
        }
    }

    /// Who reads the notices of this provider, if it is set up.
    pub fn notices(&self, provider: Provider) -> Option<&dyn Notices> {
        self.notices.get(&provider).map(AsRef::as_ref)
    }

    /// Who keeps hints.
    pub fn notice_sink(&self) -> Option<&dyn NoticeSink> {
        self.notice_sink.as_deref()
    }

    /// Who draws QR codes.
    pub fn codes(&self) -> Option<&dyn QrRenderer> {
        self.codes.as_deref()
    }
}

/// Whether the provider's notices come from where `peer` is, found out before anything of them is read.
pub fn comes_from(notices: &dyn Notices, peer: IpAddr) -> bool {
    // The source is judged first, so that nothing at all is enough to ask about it.
    notices.read(peer, b"") != Err(NoticeError::UnknownSource)
}
