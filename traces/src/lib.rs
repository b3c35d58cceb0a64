#![doc = include_str!("../README.md")]

mod attribute;
mod context;
mod encode;
mod export;
mod ids;
mod losses;
mod record;
mod recorder;
mod sampling;
mod span;
mod subjects;

pub use attribute::Attribute;
pub use context::{Context, child_span, in_span, note_booking, note_payment};
pub use encode::Resource;
pub use export::{Collector, CollectorError, Exporter};
pub use ids::{SpanId, TraceId, TraceParent};
pub use record::Kind;
pub use recorder::{install, is_on};
pub use sampling::SampleRatio;
pub use span::Span;
