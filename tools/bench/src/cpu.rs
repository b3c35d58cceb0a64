//! Processor time of everything this harness started, by program, as Linux counts it.

use std::collections::{BTreeMap, HashMap};

/// Linux counts in hundredths of a second on every machine it is built for here.
const TICKS_PER_SECOND: f64 = 100.0;

/// One process: its program, its parent, and what it and its ended children worked, in ticks.
struct Process {
    program: String,
    parent: u32,
    ticks: u64,
}

/// Seconds worked so far by this process and everything under it, by program (fifteen characters of its name).
#[derive(Clone, Debug, Default)]
pub struct CpuTimes(BTreeMap<String, f64>);

impl CpuTimes {
    /// As it stands now.
    pub fn now() -> Self {
        let processes = running();
        let me = std::process::id();
        let mut times = BTreeMap::new();
        for (pid, process) in &processes {
            if descends(&processes, *pid, me) {
                *times.entry(process.program.clone()).or_default() += process.ticks as f64 / TICKS_PER_SECOND;
            }
        }
        Self(times)
    }

    /// Milliseconds that each program worked since `before`, per one of `units`.
    pub fn since(&self, before: &Self, units: f64) -> Vec<(String, f64)> {
        let worked = |(program, seconds): (&String, &f64)| {
            let since = seconds - before.0.get(program).copied().unwrap_or(0.0);
            (program.clone(), since * 1_000.0 / units)
        };
        self.0.iter().map(worked).collect()
    }
}

fn running() -> HashMap<u32, Process> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(|pid: u32| {
            Some((
                pid,
                parse(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?,
            ))
        })
        .collect()
}

/// One line of `/proc/<pid>/stat`; the program's name stands in parentheses and may hold some itself.
fn parse(stat: &str) -> Option<Process> {
    let (head, tail) = stat.rsplit_once(") ")?;
    let (_, program) = head.split_once(" (")?;
    let fields: Vec<&str> = tail.split(' ').collect();
    // The state is field 3 of the line, and the first here.
    let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
    Some(Process {
        program: program.to_owned(),
        parent: u32::try_from(number(4)?).ok()?,
        ticks: number(14)? + number(15)? + number(16)? + number(17)?,
    })
}

fn descends(processes: &HashMap<u32, Process>, mut pid: u32, ancestor: u32) -> bool {
    while let Some(process) = processes.get(&pid) {
        if pid == ancestor {
            return true;
        }
        pid = process.parent;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_spaces_and_parentheses_is_read_whole() {
        let line = "7 (pool) (x) S 3 7 7 0 -1 0 0 0 0 0 11 12 13 14 20 0";
        let process = parse(line).unwrap();
        assert_eq!(process.program, "pool) (x");
        assert_eq!((process.parent, process.ticks), (3, 50));
    }

    #[test]
    fn this_very_process_is_among_them() {
        assert!(!CpuTimes::now().since(&CpuTimes::default(), 1.0).is_empty());
    }
}
