//! The processes of one database server, looked at again and again: analysts' are made nice.

use std::collections::HashMap;
use std::io;

use migrations::ServerSessions;

use super::YieldError;
use super::processes::{self, Process};
use super::titles::{self, Kind};

/// What is known of a server's processes.
#[derive(Debug)]
pub struct Watch {
    sessions: ServerSessions,
    postmaster: Process,
    /// Of the postmaster, and of all that it starts.
    user: u32,
    nice: i32,
    sets: bool,
    /// What was decided, by the process' id, each with its start.
    known: HashMap<u32, (u64, Kind)>,
    /// That a group of a session cannot be made nice is told once.
    is_group_told: bool,
}

/// What one look has shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Analysts' processes.
    pub found: usize,
    /// Those of them that yield, now that they were looked at.
    pub yielding: usize,
    /// Whether the database should be asked again: an unknown login works, or the server has gone.
    pub asks: bool,
    /// Whether the kernel wants a tenth of a second between two groups that are made nice by an ordinary user.
    pub is_put_off: bool,
}

impl Watch {
    /// Knows the server that answered as `sessions`, whose connection is still open. What `sets` is false of only looks.
    ///
    /// # Errors
    /// [`YieldError`] where its processes are not to be seen here, or not to be touched by this user.
    pub fn begin(sessions: ServerSessions, nice: i32, sets: bool) -> Result<Self, YieldError> {
        let (postmaster, user) = found(&sessions)?;
        Ok(Self {
            sessions,
            postmaster,
            user,
            nice,
            sets,
            known: HashMap::new(),
            is_group_told: false,
        })
    }

    /// Knows it anew: memberships may have changed since, and the server may have been started again.
    ///
    /// # Errors
    /// As [`Watch::begin`].
    pub fn renew(&mut self, sessions: ServerSessions) -> Result<(), YieldError> {
        (self.postmaster, self.user) = found(&sessions)?;
        self.sessions = sessions;
        self.known.clear();
        Ok(())
    }

    /// The process that starts all others of the server.
    pub const fn postmaster(&self) -> u32 {
        self.postmaster.id
    }

    /// Looks at all of the server's processes. `is_fresh` says that the database was asked just now, so that a login which is
    /// unknown still is none.
    ///
    /// # Errors
    /// [`YieldError::Refused`].
    pub fn look(&mut self, is_fresh: bool) -> Result<Look, YieldError> {
        let mut look = Look::default();
        if !Process::read(self.postmaster.id).is_some_and(|now| now.is(&self.postmaster)) {
            self.known.clear();
            look.asks = true;
            return Ok(look);
        }
        let children = self.postmaster.children();
        let processes: Vec<Process> = children.into_iter().filter_map(Process::read).collect();
        let mut kinds = HashMap::with_capacity(processes.len());
        for process in processes.iter().filter(|one| one.parent == self.postmaster.id) {
            let mut kind = self.kind_of(process);
            if is_fresh && kind == Kind::OfUnknownLogin {
                kind = Kind::Other;
            }
            look.asks |= kind == Kind::OfUnknownLogin;
            kinds.insert(process.id, (process.started, kind));
        }
        for process in &processes {
            if is_analysts(process.id, &kinds) {
                look.found += 1;
                look.yielding += usize::from(self.yields(process, &mut look.is_put_off)?);
            }
        }
        kinds.retain(|_, (_, kind)| !matches!(kind, Kind::Undecided | Kind::OfUnknownLogin));
        self.known = kinds;
        Ok(look)
    }

    fn kind_of(&self, process: &Process) -> Kind {
        match self.known.get(&process.id) {
            Some((started, kind)) if *started == process.started => *kind,
            _ if process.user() != Some(self.user) => Kind::Other,
            _ => process
                .title()
                .map_or(Kind::Other, |title| titles::kind(&title, &self.sessions)),
        }
    }

    /// Makes it nice where it is not, never less nice than it is; whether it yields now.
    fn yields(&mut self, process: &Process, is_put_off: &mut bool) -> Result<bool, YieldError> {
        let mut yields = process.nice >= self.nice;
        if self.sets && !yields {
            yields = self.done(process, process.set_nice(self.nice))?;
        }
        // A session leader's group is its own; nobody else's niceness is changed with it.
        let in_group = process.group_nice().filter(|_| process.session == process.id);
        match in_group {
            Some(nice) if nice < self.nice && self.sets => {
                let result = process.set_group_nice(self.nice);
                *is_put_off |= matches!(&result, Err(error) if error.kind() == io::ErrorKind::WouldBlock);
                Ok(self.group_done(process, result) && yields)
            }
            Some(nice) => Ok(nice >= self.nice && yields),
            None => Ok(yields),
        }
    }

    fn done(&self, process: &Process, result: io::Result<()>) -> Result<bool, YieldError> {
        match result {
            Ok(()) => Ok(true),
            Err(source) if source.kind() == io::ErrorKind::PermissionDenied => Err(YieldError::Refused {
                process: process.id,
                user: self.user,
                source,
            }),
            // It has ended meanwhile.
            Err(_) => Ok(false),
        }
    }

    fn group_done(&mut self, process: &Process, result: io::Result<()>) -> bool {
        let Err(error) = result else { return true };
        let is_lasting = error.kind() == io::ErrorKind::PermissionDenied;
        if is_lasting && !self.is_group_told {
            self.is_group_told = true;
            tracing::warn!(
                process = process.id,
                error = &error as &dyn std::error::Error,
                "The group of an analyst's session cannot be made nice: where the kernel shares processors out among sessions \
                 (sysctl kernel.sched_autogroup_enabled) and Postgres is in no group of processors of its own, its queries do \
                 not yield. Run this command as root or as the user Postgres runs as"
            );
        }
        false
    }
}

fn is_analysts(id: u32, kinds: &HashMap<u32, (u64, Kind)>) -> bool {
    let of = |id| kinds.get(&id).map(|(_, kind)| *kind);
    match of(id) {
        Some(Kind::Analyst) => true,
        Some(Kind::Helper(leader)) => of(leader) == Some(Kind::Analyst),
        Some(Kind::OfUnknownLogin | Kind::Undecided | Kind::Other) | None => false,
    }
}

/// The postmaster of the server that answered as `sessions`, and its user.
fn found(sessions: &ServerSessions) -> Result<(Process, u32), YieldError> {
    if !processes::are_shown() {
        return Err(YieldError::NotLinux);
    }
    let elsewhere = || YieldError::Elsewhere {
        process: sessions.backend,
    };
    let backend = Process::read(sessions.backend).ok_or_else(elsewhere)?;
    let title = backend.title().ok_or_else(elsewhere)?;
    if !titles::is_own(&title, sessions) {
        return Err(elsewhere());
    }
    let postmaster = Process::read(backend.parent).ok_or_else(elsewhere)?;
    let owner = postmaster.user().ok_or_else(elsewhere)?;
    let own = nix::unistd::geteuid().as_raw();
    if own == 0 || own == owner {
        Ok((postmaster, owner))
    } else {
        Err(YieldError::AnotherUser { owner, own })
    }
}
