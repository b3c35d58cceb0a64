//! Tests of days in zones.
