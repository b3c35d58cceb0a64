//! What problems say in Russian about one occurrence. What each code says in general stands on its page in `docs/problems/ru`.

pub mod faults;
pub mod refusals;
