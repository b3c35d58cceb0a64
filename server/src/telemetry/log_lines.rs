//! A log line: a JSON object of what is said, and of what the work belongs to in which it is said.

use std::fmt::{self, Write};

use traces::Context;
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{Format, Json, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// The JSON lines of `tracing_subscriber`, with the trace, the booking, the payment and the intent of the present work in each that
/// does not name them itself. They are looked up when a line is written, so work that says nothing pays for nothing.
pub struct LogLines(Format<Json>);

impl LogLines {
    pub fn new() -> Self {
        Self(tracing_subscriber::fmt::format().json().flatten_event(true))
    }
}

impl<S, N> FormatEvent<S, N> for LogLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let Some(work) = Context::current() else {
            return self.0.format_event(context, writer, event);
        };
        let mut line = String::new();
        self.0.format_event(context, Writer::new(&mut line), event)?;
        complete(&mut line, &work)?;
        writer.write_str(&line)
    }
}

/// Adds to an object what it does not say of the work. Names and values are words and ids: nothing in them needs escaping.
fn complete(line: &mut String, work: &Context) -> fmt::Result {
    let Some(end) = line.rfind('}') else { return Ok(()) };
    line.truncate(end);
    for (name, value) in work.fields() {
        if !line.contains(&format!("\"{name}\":")) {
            write!(line, ",\"{name}\":\"{value}\"")?;
        }
    }
    line.push_str("}\n");
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex, PoisonError};

    use serde_json::Value;
    use tracing_subscriber::fmt::MakeWriter;
    use tracing_subscriber::fmt::format::JsonFields;
    use uuid::Uuid;

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Kept {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    #[test]
    fn every_line_says_what_its_work_belongs_to_and_says_it_once() {
        let kept = Kept::default();
        let subscriber = tracing_subscriber::fmt()
            .fmt_fields(JsonFields::new())
            .event_format(LogLines::new())
            .with_writer(kept.clone())
            .finish();
        let trace_id = traces::TraceId::random();
        let booking_id = Uuid::from_u128(7);
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(a = 1, "outside");
            let (context, _span) = Context::of_request(trace_id, None, String::new);
            context.note_booking(booking_id);
            context.sync_scope(|| {
                tracing::info!(word = "\"quoted\"}", "within");
                tracing::warn!(booking.id = "another", "named");
            });
        });
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let [outside, within, named] = lines.as_slice() else {
            panic!("{text}")
        };
        assert!(outside["trace.id"].is_null() && outside["a"] == 1, "{outside}");
        assert_eq!(within["trace.id"], trace_id.to_string());
        assert_eq!(within["booking.id"], booking_id.to_string());
        assert_eq!(
            (&within["word"], &within["message"]),
            (&"\"quoted\"}".into(), &"within".into())
        );
        assert_eq!(named["booking.id"], "another");
        assert_eq!(text.matches("\"booking.id\"").count(), 2, "{text}");
    }
}
