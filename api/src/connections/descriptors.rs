//! Says so where the system lets this process open less than its bounds promise.

/// Descriptors this process needs beside its connections: databases, providers, files.
const DESCRIPTORS_BESIDE: u64 = 256;
/// The kernel's account of what this process may open.
const LIMITS_OF_PROCESS: &str = "/proc/self/limits";

/// Warns where fewer descriptors may be open than connections are taken; where the system tells no limit, nothing.
pub(super) async fn warn_of_few(connections_max: usize) {
    let Ok(told) = tokio::fs::read_to_string(LIMITS_OF_PROCESS).await else {
        return;
    };
    let needed = u64::try_from(connections_max)
        .unwrap_or(u64::MAX)
        .saturating_add(DESCRIPTORS_BESIDE);
    if let Some(allowed) = allowed(&told).filter(|allowed| *allowed < needed) {
        tracing::warn!(
            allowed,
            needed,
            "fewer descriptors may be open than connections are taken: raise the limit (`ulimit -n`), or lower \
             TOT_HTTP_CONNECTIONS_MAX"
        );
    }
}

/// The soft limit of open files in the kernel's account.
fn allowed(limits: &str) -> Option<u64> {
    let line = limits.lines().find(|line| line.starts_with("Max open files"))?;
    line.split_whitespace().nth(3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_of_open_files_is_found() {
        let told = "Limit                     Soft Limit           Hard Limit           Units\n\
                    Max open files            1024                 524288               files\n";
        assert_eq!(allowed(told), Some(1_024));
        assert_eq!(
            allowed("Max open files            unlimited            unlimited            files"),
            None
        );
        assert_eq!(allowed("Max cpu time  unlimited  unlimited  seconds"), None);
    }
}
