//! The truth after faults: nothing acknowledged is lost, nothing happens twice, read models are what the log says.
