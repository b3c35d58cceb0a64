//! Traces and logs: one booking's life is found whole, by its id and by the trace of what was requested.

mod logs;
mod losses;
mod tree;
