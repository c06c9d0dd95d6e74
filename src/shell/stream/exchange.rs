//! A frame is sent over a connection, output and a verdict come back.

use std::io;

use tokio::io::AsyncWriteExt;
use tokio::select;

use super::super::frame::Secrets;
use super::super::secret::SECRET_LENGTH;
use super::super::step::{OutputSink, Stream};
use super::connection::StreamConnection;
use super::reader::Dump;

/// What the streams said of a step.
pub(super) enum Verdict {
    /// It ended and left this state, if that is whole. `alive` says whether its shell still is.
    Ended { code: i32, flags: String, dump: Option<Vec<u8>>, alive: bool },
    /// Its shell ended, before or after it had begun.
    Died { code: i32, begun: bool },
    /// The driver refused to begin, for this reason (a word of the driver). Its shell ends.
    Refused(String),
    /// The connection ended.
    Closed,
}

/// One step under way. All of it is in here, so that waiting may be given up and taken up again.
pub(super) struct Exchange<'a> {
    frame: &'a [u8],
    secrets: &'a Secrets,
    token: &'a str,
    /// Where its standard error comes out.
    errors: Stream,
    /// How much of the frame was sent.
    sent: usize,
    /// Nothing more can be sent.
    broken: bool,
    begun: bool,
    /// What the end mark says.
    end: Option<String>,
    /// What the mark of its shell's death says.
    death: Option<i32>,
    /// The other stream has come to its mark of the end, or of the death.
    errors_end: bool,
    errors_death: bool,
}

impl<'a> Exchange<'a> {
    pub fn new(frame: &'a [u8], secrets: &'a Secrets, token: &'a str, combined: bool) -> Self {
        Self {
            frame,
            secrets,
            token,
            errors: if combined { Stream::Stdout } else { Stream::Stderr },
            sent: 0,
            broken: false,
            begun: false,
            end: None,
            death: None,
            errors_end: false,
            errors_death: false,
        }
    }

    /// Whether anything was sent.
    pub fn is_sent(&self) -> bool {
        self.sent > 0
    }

    /// Whether the step was seen to begin.
    pub fn has_begun(&self) -> bool {
        self.begun
    }

    /// Whether the step may have begun: half a payload is never evaluated, and only the nonce stands behind it.
    pub fn may_have_begun(&self) -> bool {
        self.begun || self.sent + SECRET_LENGTH + 2 >= self.frame.len()
    }

    /// Sends the frame, delivers output as it comes, and waits for the verdict. Has no bound of its own. Cancel safe.
    pub async fn verdict(&mut self, connection: &mut StreamConnection, sink: &mut dyn OutputSink) -> Verdict {
        loop {
            self.look(connection, sink);
            if let Some(verdict) = self.decide(connection) {
                return verdict;
            }
            if self.turn(connection).await.is_err() {
                return Verdict::Closed;
            }
        }
    }

    /// Waits for the death of the shell; delivers output up to the end mark, should there be one. Says whether the
    /// connection stands. Cancel safe.
    pub async fn death(&mut self, connection: &mut StreamConnection, sink: &mut dyn OutputSink) -> bool {
        loop {
            self.look(connection, sink);
            self.look_for_death(connection);
            if self.death.is_some() && self.errors_death {
                return true;
            }
            if connection.stdout.ended || self.turn(connection).await.is_err() {
                return false;
            }
        }
    }

    /// Writes or reads once.
    async fn turn(&mut self, connection: &mut StreamConnection) -> io::Result<()> {
        select! {
            written = connection.stdin.write(&self.frame[self.sent..]), if self.sent < self.frame.len() && !self.broken => {
                match written {
                    Ok(length) => self.sent += length,
                    // Whoever closed it will be heard of.
                    Err(_) => self.broken = true,
                }
            }
            read = connection.stdout.read() => read?,
            read = connection.stderr.read() => read?,
        }
        Ok(())
    }

    /// Takes output and marks out of what was read.
    fn look(&mut self, connection: &mut StreamConnection, sink: &mut dyn OutputSink) {
        let (nonce, token) = (self.secrets.nonce.as_str(), self.token);
        while self.end.is_none() && self.death.is_none() {
            let expected = [nonce, token, &self.secrets.begin];
            let Some(mark) = connection.stdout.take(&expected, &mut |bytes| sink.output(Stream::Stdout, bytes)) else {
                break;
            };
            match mark.secret {
                0 => self.end = Some(mark.payload),
                1 => self.death = Some(mark.payload.parse().unwrap_or(-1)),
                _ => self.begun = true,
            }
        }
        if !self.errors_end
            && let Some(mark) = connection.stderr.take(&[nonce, token], &mut |bytes| sink.output(self.errors, bytes))
        {
            self.errors_end = true;
            self.errors_death = mark.secret == 1;
        }
    }

    /// Behind the end mark stands nothing but the state, which nobody asks for any more.
    fn look_for_death(&mut self, connection: &mut StreamConnection) {
        if self.end.is_some()
            && self.death.is_none()
            && let Some(mark) = connection.stdout.take(&[self.token], &mut |_| {})
        {
            self.death = Some(mark.payload.parse().unwrap_or(-1));
        }
        if self.errors_end && !self.errors_death {
            self.errors_death = connection.stderr.take(&[self.token], &mut |_| {}).is_some();
        }
    }

    fn decide(&mut self, connection: &mut StreamConnection) -> Option<Verdict> {
        let errors_end = self.errors_end || connection.stderr.ended;
        match (&self.end, self.death) {
            (_, Some(code)) if errors_end => return Some(Verdict::Died { code, begun: self.begun }),
            (Some(payload), _) if errors_end => {
                let Some((code, flags)) = read_end(payload) else {
                    return Some(Verdict::Refused(payload.trim_start_matches(['!', ' ']).to_owned()));
                };
                let (dump, alive) = match connection.stdout.take_dump(&format!("{}.", self.secrets.nonce), self.token) {
                    Dump::Whole(dump) => (Some(dump), true),
                    Dump::Torn => (None, false),
                    Dump::Incomplete => return None,
                };
                return Some(Verdict::Ended { code, flags, dump, alive });
            }
            _ => {}
        }
        (connection.stdout.ended && connection.stderr.ended).then_some(Verdict::Closed)
    }
}

/// Reads `CODE PID FLAGS`; `! REASON` is none.
fn read_end(payload: &str) -> Option<(i32, String)> {
    let mut words = payload.split(' ');
    let code = words.next()?.parse().ok()?;
    Some((code, words.skip(1).collect()))
}
