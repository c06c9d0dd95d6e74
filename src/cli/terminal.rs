//! What is known of the operator's terminal.

use super::args::Color;
use crate::redact::Redactor;
use crate::report::Styles;
use owo_colors::Style;
use rustix::termios::{QueueSelector, tcflush};
use std::borrow::Cow;
use std::io::{IsTerminal as _, Write as _};
use std::os::fd::AsFd;
use std::sync::OnceLock;

/// The terminal behind standard error and standard input, or the lack of one.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    colour: bool,
    interactive: bool,
    screen: bool,
    /// Whether standard error, and whether standard input, were a terminal at the start.
    streams: (bool, bool),
}

impl Terminal {
    /// Looks at the streams and at the environment.
    pub fn new(color: Color) -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
        let screen = std::io::stderr().is_terminal();
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let colour = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) => false,
            Color::Auto => set("CLICOLOR_FORCE") || (screen && !dumb),
        };
        let streams = (screen, std::io::stdin().is_terminal());
        Self { colour, interactive: streams == (true, true), screen: screen && !dumb, streams }
    }

    /// Whether a terminal that was there at the start went away.
    pub fn is_lost(&self) -> bool {
        let gone = |was: bool, stream: &dyn std::io::IsTerminal| was && !stream.is_terminal();
        gone(self.streams.0, &std::io::stderr()) || gone(self.streams.1, &std::io::stdin())
    }

    /// Whether a person can be asked.
    pub fn is_interactive(&self) -> bool {
        self.interactive && !self.is_lost()
    }

    /// Whether diagnostics on standard error are coloured.
    pub fn colour(&self) -> bool {
        self.colour
    }

    /// Colours for standard error.
    pub fn styles(&self) -> Styles {
        if self.colour { Styles::coloured() } else { Styles::default() }
    }

    /// Colours for standard output, which may be a file while standard error is a terminal.
    pub fn output_styles(&self) -> Styles {
        let terminal = std::io::stdout().is_terminal();
        if self.colour && (terminal || !self.screen) { Styles::coloured() } else { Styles::default() }
    }

    /// `text` in `style`.
    pub fn paint(&self, text: &str, style: Style) -> String {
        crate::report::paint(text, style)
    }

    /// Columns of the screen now, so that a resize counts; `None` if standard error is none.
    pub fn width(&self) -> Option<usize> {
        self.screen.then(|| columns(std::io::stderr())).flatten()
    }

    /// Columns of standard output; `None` if that is no terminal.
    pub fn output_width(&self) -> Option<usize> {
        std::io::stdout().is_terminal().then(|| columns(std::io::stdout())).flatten()
    }
}

/// Columns of a terminal, 80 if it does not know.
fn columns(terminal: impl AsFd) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(terminal).ok()?;
    Some(if size.ws_col == 0 { 80 } else { usize::from(size.ws_col) })
}

/// What nothing on standard error may hold, whoever writes there: findings, questions, what can be done next.
static SECRETS: OnceLock<Redactor> = OnceLock::new();

/// Masks whatever `redactor` knows or learns in every line and question from now on.
pub fn mask_with(redactor: Redactor) {
    _ = SECRETS.set(redactor);
}

/// A text as a person may see it.
pub fn masked(text: &str) -> Cow<'_, str> {
    SECRETS.get().map_or(Cow::Borrowed(text), |secrets| secrets.redact(text))
}

/// A line to standard error. It is for people: where it goes ends no run.
pub fn eprint_line(line: &str) {
    _ = writeln!(std::io::stderr().lock(), "{}", masked(line));
}

/// A question on standard error. What was typed, pasted or pushed before it stood there is thrown away: nobody could
/// have meant it as an answer.
pub fn eprint_question(words: &str) {
    _ = tcflush(std::io::stdin(), QueueSelector::IFlush);
    let mut screen = std::io::stderr().lock();
    _ = write!(screen, "{} ", masked(words)).and_then(|()| screen.flush());
}

/// One line of the terminal; `None` at its end or if it went away.
pub fn read_line() -> Option<String> {
    let mut line = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match rustix::io::read(std::io::stdin(), &mut buffer) {
            Ok(0) => return None,
            Ok(length) => line.extend_from_slice(&buffer[..length]),
            Err(rustix::io::Errno::INTR) => continue,
            Err(_) => return None,
        }
        if line.ends_with(b"\n") {
            return Some(String::from_utf8_lossy(&line).into_owned());
        }
    }
}
