//! Ending a step that goes on, and a session.

use std::pin::pin;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::select;
use tokio::time::timeout;

use super::super::config::{SessionConfig, ShellKind};
use super::super::kill::{Tree, reap};
use super::super::process::{Entry, Process};
use super::super::secret::secret;
use super::super::step::OutputSink;
use super::connection::StreamConnection;
use super::exchange::Exchange;
use super::kill;

/// How much of the list of who is left is read, in bytes.
const LONGEST_LIST: usize = 1 << 20;

/// What came of ending a step.
pub(super) struct Ending {
    /// Who is left, or why nobody knows.
    pub left: Result<Vec<Process>, String>,
    /// Whether the connection goes on, with no inner shell.
    pub stands: bool,
}

/// Ends the step, delivering output all the while: on this machine by the process table, elsewhere through a second
/// connection.
pub(super) async fn end_step(
    config: &SessionConfig,
    connection: &mut StreamConnection,
    exchange: &mut Exchange<'_>,
    sink: &mut dyn OutputSink,
) -> Ending {
    let (outer, marker) = (connection.pid(), connection.marker.clone());
    let mut work = pin!(end_processes(config, outer, &marker));
    let mut death = pin!(exchange.death(connection, sink));
    let mut stands = None;
    let left = loop {
        select! { biased;
            left = work.as_mut() => break left,
            died = death.as_mut(), if stands.is_none() => stands = Some(died),
        }
    };
    if stands.is_none() && left.is_ok() {
        stands = timeout(config.drain, death).await.ok();
    }
    Ending { left, stands: stands.unwrap_or(false) }
}

/// Ends every process of a session but its outer shell.
pub(super) async fn end_processes(
    config: &SessionConfig,
    outer: Option<i32>,
    marker: &str,
) -> Result<Vec<Process>, String> {
    match outer {
        Some(outer) if config.prefix.is_empty() => {
            let (met, left) = Tree { outer, marker }.end(config.grace, &config.hurry).await;
            if Entry::read(outer).is_none() {
                reap(outer, &met).await;
            }
            Ok(left)
        }
        _ => kill::end(config, marker).await,
    }
}

/// Ends the inner shell as a script ends, asks who of the session is still there, and hangs up. All in at most about
/// `config.grace`.
pub(super) async fn close(config: &SessionConfig, mut connection: StreamConnection) -> Vec<Process> {
    let left = timeout(config.grace, last_words(config, &mut connection)).await;
    let farewell = connection.end(Duration::from_millis(200).max(config.grace / 2)).await;
    let mut left = left.ok().flatten().unwrap_or_default();
    left.extend(farewell.left);
    left
}

async fn last_words(config: &SessionConfig, connection: &mut StreamConnection) -> Option<Vec<Process>> {
    if let Some(token) = connection.token.take() {
        let exit: &[u8] = match config.shell {
            ShellKind::Bash => b"<00000015\\builtin exit 0",
            ShellKind::Sh => b"<\\exit 0\n",
        };
        connection.stdin.write_all(exit).await.ok()?;
        read_to(connection, &token).await?;
    }
    if config.prefix.is_empty() {
        let outer = connection.pid()?;
        let members = Tree { outer, marker: &connection.marker }.members();
        return Some(members.iter().map(Entry::describe).collect());
    }
    let token = secret().ok()?;
    connection.stdin.write_all(format!("\n@list {token} {}\n", connection.marker).as_bytes()).await.ok()?;
    read_to(connection, &token).await?;
    let list = read_to(connection, &token).await?;
    Some(kill::processes(&String::from_utf8_lossy(&list)))
}

/// What stands before the mark with this secret.
async fn read_to(connection: &mut StreamConnection, secret: &str) -> Option<Vec<u8>> {
    let mut before = Vec::new();
    loop {
        let mut keep = |bytes: &[u8]| {
            before.extend(bytes);
            before.drain(..before.len().saturating_sub(LONGEST_LIST));
        };
        if connection.stdout.take(&[secret], &mut keep).is_some() {
            return Some(before);
        }
        // Nobody reads it any more, but a full pipe would stop who writes.
        connection.stderr.take(&[secret], &mut |_| {});
        if connection.stdout.ended {
            return None;
        }
        select! {
            read = connection.stdout.read() => read.ok()?,
            read = connection.stderr.read() => read.ok()?,
        }
    }
}
