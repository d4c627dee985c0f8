//! What the kernel says of a process: processor time, memory; and of the machine.

use std::time::Duration;

/// Hundredths of a second, as `/proc` counts on Linux.
const TICK: Duration = Duration::from_millis(10);

pub fn cpu(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // After the name, which may hold blanks: the 12th and 13th fields are user and system time.
    let rest = stat.rsplit(") ").next().unwrap_or_default();
    let ticks: u32 = rest.split(' ').skip(11).take(2).filter_map(|n| n.parse::<u32>().ok()).sum();
    TICK * ticks
}

/// Kilobytes of a line of `/proc/PID/status`: `VmRSS`, `VmHWM`.
pub fn memory(pid: u32, line: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let found = status.lines().find_map(|l| l.strip_prefix(line)?.strip_prefix(':'));
    found.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}

/// Starts the peak anew.
pub fn forget_peak(pid: u32) {
    let _ = std::fs::write(format!("/proc/{pid}/clear_refs"), "5");
}

/// `2 cores, 23 GB`
pub fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, |n| n.get());
    let info = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kb: u64 = info.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or_default();
    format!("{cores} cores, {} GB", kb >> 20)
}

pub fn mib(kb: u64) -> f64 {
    kb as f64 / 1024.0
}
