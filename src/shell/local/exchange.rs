//! A frame is sent, a verdict comes back.

use std::cell::Cell;

use tokio::io::AsyncWriteExt;
use tokio::select;

use super::super::frame::Secrets;
use super::super::step::OutputSink;
use super::connection::{Connection, pulse};
use super::streams::Streams;

/// What the control connection said about a step.
#[derive(Debug)]
pub(super) enum Verdict {
    /// The step ended and its shell lives, and prints its state. `flags` is its `$-`, `nonce` stands in that.
    Ended { code: i32, flags: String, nonce: String },
    /// The shell ended, before or after the step had begun.
    Died { code: i32, begun: bool },
    /// The driver refused to begin, for this reason (a word of the driver).
    Refused(String),
    /// The connection ended.
    Closed { begun: bool },
}

/// Sends a frame, delivers output as it comes, and waits for the verdict. Counts in `sent` what was sent of the frame.
/// Has no bound of its own.
pub(super) async fn exchange(
    connection: &mut Connection,
    frame: &[u8],
    secrets: &Secrets,
    streams: &mut Streams,
    sink: &mut dyn OutputSink,
    sent: &Cell<usize>,
) -> Verdict {
    let token = connection.token();
    let expected = [secrets.nonce.as_str(), token.as_str()];
    let mut pulse = pulse();
    loop {
        let mark = select! {
            mark = connection.control.next(&expected) => mark,
            result = connection.stdin.write(&frame[sent.get()..]), if sent.get() < frame.len() => {
                match result {
                    Ok(length) => sent.set(sent.get() + length),
                    // Whoever closed it will be heard of.
                    Err(_) => sent.set(frame.len()),
                }
                continue;
            }
            () = streams.pump(sink) => continue,
            _ = pulse.tick() => {
                if !connection.is_alive() {
                    // The inner shell may live, and begin only now.
                    return Verdict::Closed { begun: sent.get() > 0 };
                }
                continue;
            }
        };
        let Ok(Some(mark)) = mark else {
            return Verdict::Closed { begun: streams.has_begun(&secrets.begin) };
        };
        return match mark.secret {
            0 => read_end(&mark.payload, connection, secrets),
            _ => {
                let begun = streams.has_begun(&secrets.begin);
                Verdict::Died { code: mark.payload.parse().unwrap_or(-1), begun }
            }
        };
    }
}

/// Reads `CODE PID FLAGS` or `! REASON`.
fn read_end(payload: &str, connection: &mut Connection, secrets: &Secrets) -> Verdict {
    let mut words = payload.split(' ');
    let Some(code) = words.next().and_then(|word| word.parse().ok()) else {
        return Verdict::Refused(words.collect());
    };
    let pid = words.next().and_then(|word| word.parse().ok());
    if let Some(inner) = &mut connection.inner {
        inner.pid = pid;
    }
    Verdict::Ended { code, flags: words.collect(), nonce: secrets.nonce.clone() }
}
