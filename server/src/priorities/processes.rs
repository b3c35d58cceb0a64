//! Processes as Linux shows them below /proc, and their priorities.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use rustix::process::{Pid, setpriority_process};

const PROC: &str = "/proc";
/// Fields of /proc/<pid>/stat behind the program's name, counted from 0.
const PARENT: usize = 1;
const SESSION: usize = 3;
const NICE: usize = 16;
const STARTED: usize = 19;

/// A process at the moment it was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    pub id: u32,
    pub parent: u32,
    /// The process that leads its session.
    pub session: u32,
    /// From -20 to 19; the highest waits for everybody.
    pub nice: i32,
    /// Ticks of the clock since the machine started: ids are used again, an id with its start is not.
    pub started: u64,
}

/// Whether this system shows processes as Linux does.
pub fn are_shown() -> bool {
    Path::new(PROC).join("self/stat").exists()
}

impl Process {
    /// The process of this id, if there is one.
    pub fn read(id: u32) -> Option<Self> {
        Self::parse(id, &fs::read_to_string(format!("{PROC}/{id}/stat")).ok()?)
    }

    fn parse(id: u32, stat: &str) -> Option<Self> {
        // The name of the program stands in brackets and may hold any.
        let (_, fields) = stat.rsplit_once(") ")?;
        let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
        Some(Self {
            id,
            parent: fields.get(PARENT)?.parse().ok()?,
            session: fields.get(SESSION)?.parse().ok()?,
            nice: fields.get(NICE)?.parse().ok()?,
            started: fields.get(STARTED)?.parse().ok()?,
        })
    }

    /// Whether it is the process that `earlier` was.
    pub const fn is(&self, earlier: &Self) -> bool {
        self.id == earlier.id && self.started == earlier.started
    }

    /// What it calls itself: its first argument, which Postgres writes over.
    pub fn title(&self) -> Option<String> {
        let line = fs::read(format!("{PROC}/{}/cmdline", self.id)).ok()?;
        let first = line.split(|byte| *byte == 0).next()?;
        Some(String::from_utf8_lossy(first).trim_end().to_owned())
    }

    /// The user as whom it works.
    pub fn user(&self) -> Option<u32> {
        let status = fs::read_to_string(format!("{PROC}/{}/status", self.id)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
        line.split_ascii_whitespace().nth(1)?.parse().ok()
    }

    /// The processes that it started, of a process with one thread, as the postmaster is.
    pub fn children(&self) -> Vec<u32> {
        let listed = fs::read_to_string(format!("{PROC}/{0}/task/{0}/children", self.id));
        match listed {
            Ok(ids) => ids
                .split_ascii_whitespace()
                .filter_map(|id| id.parse().ok())
                .collect(),
            // A kernel that keeps no such list.
            Err(_) => all()
                .filter(|id| Self::read(*id).is_some_and(|process| process.parent == self.id))
                .collect(),
        }
    }

    /// How nice the group of its session is, where the kernel shares processors out among sessions first.
    pub fn group_nice(&self) -> Option<i32> {
        // `/autogroup-25 nice 0`; empty where it is of no group.
        let group = fs::read_to_string(format!("{PROC}/{}/autogroup", self.id)).ok()?;
        group.trim_end().rsplit_once(' ')?.1.parse().ok()
    }

    /// # Errors
    /// What the kernel answers: [`io::ErrorKind::PermissionDenied`], or nothing is there any more.
    pub fn set_nice(&self, nice: i32) -> io::Result<()> {
        let id = i32::try_from(self.id).ok().and_then(Pid::from_raw);
        // None would be this process itself.
        let id = id.ok_or(io::ErrorKind::NotFound)?;
        Ok(setpriority_process(Some(id), nice)?)
    }

    /// # Errors
    /// The same; [`io::ErrorKind::WouldBlock`] of an ordinary user who asks more than ten times a second.
    pub fn set_group_nice(&self, nice: i32) -> io::Result<()> {
        let path = format!("{PROC}/{}/autogroup", self.id);
        let mut file = fs::OpenOptions::new().write(true).open(path)?;
        file.write_all(nice.to_string().as_bytes())
    }
}

fn all() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir(PROC).into_iter().flatten();
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader};
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_process_is_read_whatever_its_program_is_called() {
        let stat = "417 (a) b (c) S 41 417 417 0 -1 4194624 1 0 0 0 5 6 0 0 39 19 1 0 900124 2 3\n";
        let expected = Process {
            id: 417,
            parent: 41,
            session: 417,
            nice: 19,
            started: 900_124,
        };
        assert_eq!(Process::parse(417, stat), Some(expected));
        assert_eq!(Process::parse(417, "417 (a) S 41"), None);
    }

    #[test]
    fn a_process_is_there_with_its_children_and_is_made_nicer() {
        let mut shell = Command::new("sh")
            .args(["-c", "sleep 600 & echo started; wait"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = shell.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let parent = Process::read(shell.id()).unwrap();
        let children: Vec<_> = parent.children().into_iter().filter_map(Process::read).collect();
        shell.kill().unwrap();
        shell.wait().unwrap();
        let [child] = children.as_slice() else {
            panic!("{children:?}")
        };
        assert_eq!(child.parent, parent.id);
        assert_eq!(child.user(), Some(nix::unistd::geteuid().as_raw()));
        child.set_nice(7).unwrap();
        assert_eq!(Process::read(child.id).unwrap().nice, 7);
        let id = nix::unistd::Pid::from_raw(child.id.try_into().unwrap());
        nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGKILL).unwrap();
    }
}
