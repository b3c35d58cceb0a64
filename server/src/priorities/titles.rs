//! Whose session a process of Postgres is, by its title: `postgres: anna tot 10.0.0.7(41234) SELECT`.

use migrations::ServerSessions;

/// How the title of every process below the postmaster begins.
const PREFIX: &str = "postgres: ";
/// What a backend does before it knows that its client is who it says.
const NOT_SIGNED_IN: [&str; 3] = [" initializing", " authentication", " startup"];

/// What a process is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The session of an analyst.
    Analyst,
    /// It works for the query of this process.
    Helper(u32),
    /// A session of a login that the database had not when it was asked.
    OfUnknownLogin,
    /// It has no title yet, or nobody has signed in: to be looked at again.
    Undecided,
    /// Whatever else.
    Other,
}

/// What a process below the postmaster is for.
pub fn kind(title: &str, sessions: &ServerSessions) -> Kind {
    let Some(rest) = title.strip_prefix(PREFIX) else {
        // As the postmaster was started, until it has a title of its own.
        return Kind::Undecided;
    };
    let rest = without_cluster(rest, sessions);
    if let Some(leader) = rest.strip_prefix("parallel worker for PID ") {
        let id = leader.split(' ').next().and_then(|id| id.parse().ok());
        return id.map_or(Kind::Other, Kind::Helper);
    }
    if !is_session(rest) {
        return Kind::Other;
    }
    if NOT_SIGNED_IN.iter().any(|state| rest.ends_with(state)) {
        return Kind::Undecided;
    }
    // The longest: a login may be named as the beginning of another, up to a space.
    let of = |logins: &[String]| longest(rest, logins);
    match (of(&sessions.analysts), of(&sessions.others)) {
        (None, None) => Kind::OfUnknownLogin,
        (analyst, other) if analyst > other => Kind::Analyst,
        _ => Kind::Other,
    }
}

/// Whether `title` is one of the process that answered as `sessions`.
pub fn is_own(title: &str, sessions: &ServerSessions) -> bool {
    let own = format!("{} {} ", sessions.login, sessions.database);
    title
        .strip_prefix(PREFIX)
        .is_some_and(|rest| without_cluster(rest, sessions).starts_with(&own))
}

fn without_cluster<'t>(rest: &'t str, sessions: &ServerSessions) -> &'t str {
    let named = rest.strip_prefix(sessions.cluster_name.as_str());
    named.and_then(|rest| rest.strip_prefix(": ")).unwrap_or(rest)
}

/// Sessions say where their client is: `[local]`, or an address and its port in brackets.
fn is_session(rest: &str) -> bool {
    rest.split(' ').any(|word| {
        let port = word.strip_suffix(')').and_then(|word| word.rsplit_once('('));
        word == "[local]" || port.is_some_and(|(_, port)| port.parse::<u16>().is_ok())
    })
}

fn longest(rest: &str, logins: &[String]) -> Option<usize> {
    let named = |login: &&String| {
        rest.strip_prefix(login.as_str())
            .is_some_and(|rest| rest.starts_with(' '))
    };
    logins.iter().filter(named).map(String::len).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions(cluster_name: &str) -> ServerSessions {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        ServerSessions {
            backend: 7,
            login: "tot_yield".into(),
            database: "tot".into(),
            cluster_name: cluster_name.into(),
            analysts: names(&["anna", "north"]),
            others: names(&["anna b", "tot_app", "tot_yield", "annabel"]),
        }
    }

    #[test]
    fn a_title_tells_whose_session_a_process_is() {
        for (title, expected) in [
            ("postgres: anna tot 10.0.0.7(41234) SELECT", Kind::Analyst),
            ("postgres: north tot [local] idle", Kind::Analyst),
            ("postgres: anna other ::1(5) idle in transaction", Kind::Analyst),
            // Titles that are not kept up to date.
            ("postgres: anna tot 10.0.0.7(41234)", Kind::Analyst),
            ("postgres: tot_app tot 10.0.0.7(41234) SELECT", Kind::Other),
            ("postgres: annabel tot 10.0.0.7(41234) SELECT", Kind::Other),
            ("postgres: anna b tot 10.0.0.7(41234) SELECT", Kind::Other),
            ("postgres: boris tot 10.0.0.7(41234) SELECT", Kind::OfUnknownLogin),
            (
                "postgres: anna tot 10.0.0.7(41234) authentication",
                Kind::Undecided,
            ),
            ("postgres: anna tot 10.0.0.7(41234) startup", Kind::Undecided),
            ("/usr/bin/postgres", Kind::Undecided),
            ("postgres: parallel worker for PID 99", Kind::Helper(99)),
            ("postgres: checkpointer", Kind::Other),
            ("postgres: anna", Kind::Other),
            ("postgres: autovacuum worker tot", Kind::Other),
            (
                "postgres: startup recovering 000000010000000000000001",
                Kind::Other,
            ),
        ] {
            assert_eq!(kind(title, &sessions("")), expected, "{title}");
        }
    }

    #[test]
    fn the_name_of_a_cluster_may_stand_before_all_of_it() {
        let named = sessions("main");
        assert_eq!(
            kind("postgres: main: anna tot [local] idle", &named),
            Kind::Analyst
        );
        assert!(is_own(
            "postgres: main: tot_yield tot 127.0.0.1(1) SELECT",
            &named
        ));
        assert!(is_own(
            "postgres: tot_yield tot 127.0.0.1(1) SELECT",
            &sessions("")
        ));
        assert!(!is_own("postgres: tot_app tot 127.0.0.1(1) SELECT", &named));
        assert!(!is_own("sleep", &named));
    }
}
