//! Ending a step on the far side: a second connection through the same command, which looks for the session's marker.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::super::config::{SessionConfig, ShellKind};
use super::super::driver::KILL;
use super::super::process::Process;
use super::super::secret::secret;
use super::transport::Transport;

/// How long the second connection may take beside the grace time.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// How long it may take to end once it has answered.
const END_LIMIT: Duration = Duration::from_millis(200);
/// How much of its answer is read, in bytes.
const LONGEST_ANSWER: u64 = 1 << 20;

/// Ends every process with this marker. Says who is left, or why nobody knows.
pub(super) async fn end(config: &SessionConfig, marker: &str) -> Result<Vec<Process>, String> {
    match timeout(config.grace + ANSWER_LIMIT, run(config, marker)).await {
        Ok(Ok(left)) => Ok(left),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("a second connection did not answer within {} s", ANSWER_LIMIT.as_secs())),
    }
}

async fn run(config: &SessionConfig, marker: &str) -> io::Result<Vec<Process>> {
    let hello = secret()?;
    let config = SessionConfig { shell: ShellKind::Sh, ..config.clone() };
    let mut transport = Transport::start(&config, Stdio::null())?;
    let child = &mut transport.child;
    let closed = || io::Error::other("a second connection has no standard streams");
    let (mut stdin, stdout) = (child.stdin.take().ok_or_else(closed)?, child.stdout.take().ok_or_else(closed)?);
    let tenths = config.grace.as_millis().div_ceil(100);
    let text = format!("__sg_hello={hello} __sg_marker={marker} __sg_grace={tenths}\n{KILL}");
    // If it does not read, it does not answer either.
    _ = stdin.write_all(text.as_bytes()).await;
    drop(stdin);
    let mut said = Vec::new();
    stdout.take(LONGEST_ANSWER).read_to_end(&mut said).await?;
    transport.end(END_LIMIT).await;
    let said = String::from_utf8_lossy(&said).into_owned();
    let answer: Vec<&str> = said.split(&format!("\u{1e}{hello}\u{1e}")).collect();
    match answer[..] {
        [_, "!", _] => Err(io::Error::other("its process table cannot be read there")),
        [_, list, _] => Ok(processes(list)),
        _ => Err(io::Error::other("a second connection broke off")),
    }
}

/// Lines of `PID COMMAND`.
pub(super) fn processes(list: &str) -> Vec<Process> {
    let process = |line: &str| {
        let (pid, command) = line.split_once(' ').unwrap_or((line, ""));
        Some(Process { far: true, ..Process::new(pid.parse().ok()?, command.trim()) })
    };
    list.lines().filter_map(process).collect()
}

#[cfg(test)]
mod tests {
    use super::processes;

    #[test]
    fn a_long_command_line_is_handed_on_whole_and_a_very_long_one_is_known_to_be_cut() {
        let long = processes(&format!("12 {}", "x".repeat(4096))).remove(0);
        assert_eq!((long.command.len(), long.cut), (4096, false));
        let longer = processes(&format!("12 {}", "x".repeat(4097))).remove(0);
        assert_eq!((longer.command.len(), longer.cut), (4096, true));
    }

    #[test]
    fn a_list_of_processes_is_read_and_a_driver_in_it_is_not_shown() {
        let found = processes("12 sleep 5 \n13 /bin/sh -c # text __sg_refuse \nx\n14 \n");
        let shown: Vec<_> = found.iter().map(|process| (process.pid, process.command.as_str())).collect();
        assert_eq!(shown, [(12, "sleep 5"), (13, "sh (a subshell of the step)"), (14, "")]);
        assert!(found.iter().all(|process| process.far && !process.cut));
    }
}
