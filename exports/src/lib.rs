//! What leaves the platform as files: the analysts' views and the log, as CSV, JSON Lines or Parquet, piece by piece in
//! constant memory.
//!
//! [`Source`] is the closed list of what can be exported, [`Format`] how. The columns are the database's own, with types
//! taken from its catalogue ([`column::Kind`]); what has no meaning that every reader shares is refused, not guessed.
//! [`Export`] reads with one connection of its own and is asked for one piece after another: whoever takes none stops the
//! reading too.
//!
//! | in Postgres | CSV | JSON Lines | Parquet |
//! |---|---|---|---|
//! | `numeric(p,s)` | exact decimal | exact decimal as a string | DECIMAL(p,s) |
//! | `timestamptz` | RFC 3339 in UTC, microseconds | the same as a string | TIMESTAMP(MICROS, UTC) |
//! | `date` | `2026-12-01` | the same as a string | DATE |
//! | `interval` | decimal seconds, column `…_seconds` | the same as a string | DECIMAL(20,6) |
//! | `bool` | `true`, `false` | boolean | BOOLEAN |
//! | `int`, `bigint` | integer | number | INT32, INT64 |
//! | `text`, `uuid`, `json` | text | string | STRING |
//! | null | nothing | `null` | null |

pub mod column;
mod cut_off;
mod encode;
mod error;
mod export;
mod format;
mod row;
mod source;
mod value;

pub use cut_off::{CutOff, CutOffError};
pub use encode::Encoder;
pub use error::{EncodeError, ExportError};
pub use export::{Export, Part, Piece, Position, position_at};
pub use format::Format;
pub use row::Row;
pub use source::Source;
