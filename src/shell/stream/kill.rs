//! Ending a step on the far side: a second connection through the same command, which looks for the session's marker.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::super::config::{SessionConfig, ShellKind};
use super::super::driver::KILL;
use super::super::process::Process;
use super::super::secret::secret;
use super::connection::spawn;

/// How long the second connection may take beside the grace time.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// Ends every process with this marker. Says who is left, or why nobody knows.
pub(super) async fn end(config: &SessionConfig, marker: &str) -> Result<Vec<Process>, String> {
    let work = run(config, marker);
    match timeout(config.grace + ANSWER_LIMIT, work).await {
        Ok(Ok(left)) => Ok(left),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("a second connection did not answer in {} s", (config.grace + ANSWER_LIMIT).as_secs())),
    }
}

async fn run(config: &SessionConfig, marker: &str) -> std::io::Result<Vec<Process>> {
    let hello = secret()?;
    let config = SessionConfig { shell: ShellKind::Sh, ..config.clone() };
    let mut child = spawn(&config)?;
    let closed = || std::io::Error::other("it has no standard streams");
    let (mut stdin, mut stdout) = (child.stdin.take().ok_or_else(closed)?, child.stdout.take().ok_or_else(closed)?);
    let tenths = config.grace.as_millis().div_ceil(100);
    let text = format!("__sg_hello={hello} __sg_marker={marker} __sg_grace={tenths}\n{KILL}\n");
    stdin.write_all(text.as_bytes()).await?;
    drop(stdin);
    let mut said = Vec::new();
    stdout.read_to_end(&mut said).await?;
    child.wait().await?;
    let said = String::from_utf8_lossy(&said).into_owned();
    let Some(list) = said.split(&format!("\u{1e}{hello}\u{1e}")).next().filter(|list| list.len() < said.len()) else {
        return Err(std::io::Error::other("a second connection broke off"));
    };
    Ok(list.lines().filter_map(process).collect())
}

/// `PID COMMAND`.
fn process(line: &str) -> Option<Process> {
    let (pid, command) = line.split_once(' ').unwrap_or((line, ""));
    Some(Process { pid: pid.parse().ok()?, command: format!("{} (on the target)", command.trim()) })
}
