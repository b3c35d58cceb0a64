//! All that the platform holds about one person, part by part and page by page, for them alone.

pub mod html;
mod sections;

use std::time::Duration;

use axum::body::Bytes;
use futures::{Stream, stream};
use tokio::time::{Instant, sleep_until};

use crate::app::App;
use crate::language::Language;
use crate::places::Place;
use crate::routes::live::Session;

pub use sections::{Owner, Section};
use sections::{Page, SectionPlace, page};

/// How long it lasts at most: as long as an access token.
const WITHIN: Duration = Duration::from_secs(15 * 60);

/// In which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One JSON object with a list for each part.
    Json,
    /// One page to be read, in this language.
    Html(Language),
}

/// Why a body ends without its proper end.
#[derive(Debug, thiserror::Error)]
pub enum CutOff {
    /// The process stops.
    #[error("the process stops")]
    Stopping,
    /// Fifteen minutes are over.
    #[error("it took too long")]
    TooLong,
    /// Its owner signed out, or the token is as old as one gets.
    #[error("the session is over")]
    SessionOver,
    /// A part could not be read, for this code.
    #[error("a part could not be read: {0}")]
    Unreadable(&'static str),
}

/// A document under way.
pub struct OwnData {
    app: App,
    owner: Owner,
    session: Session,
    form: Form,
    /// Which part comes next, and from where on.
    next: Option<(usize, Option<SectionPlace>)>,
    /// Whether the head, and an entry of this part, was written.
    begun: bool,
    has_entries: bool,
    ends_at: Instant,
    _place: Place,
}

impl OwnData {
    /// The data of `owner`, in a place of theirs.
    pub fn new(app: App, owner: Owner, session: Session, form: Form, place: Place) -> Self {
        Self {
            app,
            owner,
            session,
            form,
            next: Some((0, None)),
            begun: false,
            has_entries: false,
            ends_at: Instant::now() + WITHIN,
            _place: place,
        }
    }

    /// The document; the next piece is read when the client has taken the one before.
    pub fn pieces(self) -> impl Stream<Item = Result<Bytes, CutOff>> {
        stream::try_unfold(self, |mut data| async move {
            match data.piece().await {
                Ok(Some(text)) => Ok(Some((Bytes::from(text), data))),
                Ok(None) => Ok(None),
                Err(error) => {
                    let fault: &dyn std::error::Error = &error;
                    tracing::warn!(fault, "A person's own data were cut off");
                    Err(error)
                }
            }
        })
    }

    async fn piece(&mut self) -> Result<Option<String>, CutOff> {
        let Some((at, place)) = self.next else {
            return Ok(None);
        };
        if !self.session.stands(&self.app) {
            return Err(CutOff::SessionOver);
        }
        let mut text = self.head();
        let Some(section) = Section::ALL.get(at).copied() else {
            self.next = None;
            text.push_str(&self.foot());
            return Ok(Some(text));
        };
        let is_first = place.is_none();
        let stopping = self.app.stopping();
        let read = tokio::select! {
            read = page(&self.app, &self.owner, section, place) => read.map_err(|problem| CutOff::Unreadable(problem.code().as_str()))?,
            () = stopping.cancelled() => return Err(CutOff::Stopping),
            () = sleep_until(self.ends_at) => return Err(CutOff::TooLong),
        };
        self.write(&mut text, section, (at, is_first), &read);
        self.next = match read.next {
            Some(place) => Some((at, Some(place))),
            None => Some((at + 1, None)),
        };
        Ok(Some(text))
    }

    fn write(&mut self, text: &mut String, section: Section, (at, is_first): (usize, bool), read: &Page) {
        if is_first {
            self.has_entries = false;
            match self.form {
                Form::Json if at == 0 => text.push_str(&format!("\"{}\":[", section.name())),
                Form::Json => text.push_str(&format!(",\"{}\":[", section.name())),
                Form::Html(language) => text.push_str(&html::heading(section, language)),
            }
        }
        for entry in &read.entries {
            match self.form {
                Form::Json => {
                    if self.has_entries {
                        text.push(',');
                    }
                    text.push_str(&entry.to_string());
                }
                Form::Html(language) => text.push_str(&html::entry(entry, language)),
            }
            self.has_entries = true;
        }
        if read.next.is_none() {
            match self.form {
                Form::Json => text.push(']'),
                Form::Html(language) if !self.has_entries => text.push_str(html::nothing(language)),
                Form::Html(_) => {}
            }
        }
    }

    fn head(&mut self) -> String {
        if std::mem::replace(&mut self.begun, true) {
            return String::new();
        }
        match self.form {
            Form::Json => "{".to_owned(),
            Form::Html(language) => html::head(language),
        }
    }

    fn foot(&self) -> String {
        match self.form {
            Form::Json => "}".to_owned(),
            Form::Html(language) => html::foot(language),
        }
    }
}
