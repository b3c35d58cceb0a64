//! Whom the operating system knows: all that is known of an operator who is not signed in.

use std::fs;

use nix::unistd::{Uid, User, getuid};

use crate::config::Environment;

/// Which login of the machine a process descends from, whoever it has become since (Linux, proc(5)).
const LOGIN_UID: &str = "/proc/self/loginuid";
/// What that file holds where nobody logged in, as in a container.
const NOBODY: u32 = u32::MAX;

/// The name of the user that this process runs as; behind it who logged in on the machine or called `sudo`, where that is another one.
pub fn name(environment: &Environment) -> String {
    let user = named(getuid().as_raw());
    let login = fs::read_to_string(LOGIN_UID).ok();
    let login = login.and_then(|text| text.trim().parse().ok());
    let login = login.filter(|uid| *uid != NOBODY).map(named);
    // What sudo says of itself is believed where the kernel does not know.
    let sudo = environment.get("SUDO_USER").filter(|_| getuid().is_root());
    shown(user, login.as_deref().or(sudo))
}

fn shown(user: String, before: Option<&str>) -> String {
    match before {
        Some(before) if before != user => format!("{user} (logged in as {before})"),
        Some(_) | None => user,
    }
}

/// By the machine's own list or whatever directory it asks; a container often has no name for its user.
fn named(uid: u32) -> String {
    let user = User::from_uid(Uid::from_raw(uid)).ok().flatten();
    user.map_or_else(|| format!("uid {uid}"), |user| user.name)
}

#[cfg(test)]
mod tests {
    use super::{named, shown};

    #[test]
    fn whoever_became_somebody_else_is_named_too() {
        assert_eq!(named(0), "root");
        assert_eq!(named(u32::MAX - 7), format!("uid {}", u32::MAX - 7));
        assert_eq!(shown("anna".to_owned(), None), "anna");
        assert_eq!(shown("anna".to_owned(), Some("anna")), "anna");
        assert_eq!(shown("root".to_owned(), Some("anna")), "root (logged in as anna)");
    }
}
