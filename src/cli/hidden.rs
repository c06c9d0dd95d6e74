//! A text that is typed without being shown. However the question ends, the terminal has its echo back.

use super::terminal::{eprint_line, eprint_question, read_line};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::Signal;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::low_level::{emulate_default_handler, pipe, unregister};
use signal_hook::{SigId, flag};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Asks; `None` at the end of input or at ^C. A signal that ends the process ends it when the echo is back.
pub fn ask_hidden(words: &str) -> Option<String> {
    let watch = Watch::start().ok()?;
    let echo = Echo::off()?;
    eprint_question(words);
    let line = watch.input().then(read_line).flatten();
    drop(echo);
    eprint_line("");
    watch.end();
    let line = line?;
    let text = line.strip_suffix('\n').unwrap_or(&line);
    (!text.contains('\u{3}')).then(|| text.to_owned())
}

/// The terminal without echo, until this is dropped.
struct Echo(Termios);

impl Echo {
    fn off() -> Option<Self> {
        let before = tcgetattr(std::io::stdin()).ok()?;
        let mut hidden = before.clone();
        // ^C is read as a letter.
        hidden.local_modes.remove(LocalModes::ECHO | LocalModes::ISIG);
        tcsetattr(std::io::stdin(), OptionalActions::Flush, &hidden).ok()?;
        Some(Self(before))
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        _ = tcsetattr(std::io::stdin(), OptionalActions::Flush, &self.0);
    }
}

/// Hears signals that would end the process.
struct Watch {
    seen: Arc<AtomicUsize>,
    woken: UnixStream,
    handlers: Vec<SigId>,
}

impl Watch {
    fn start() -> std::io::Result<Self> {
        let (woken, waker) = UnixStream::pair()?;
        let seen = Arc::new(AtomicUsize::new(0));
        let mut handlers = Vec::new();
        for number in [Signal::INT, Signal::TERM, Signal::HUP].map(Signal::as_raw) {
            handlers.push(flag::register_usize(number, Arc::clone(&seen), number.unsigned_abs() as usize)?);
            handlers.push(pipe::register(number, waker.try_clone()?)?);
        }
        Ok(Self { seen, woken, handlers })
    }

    /// Waits for a line; false if a signal came first.
    fn input(&self) -> bool {
        let stdin = std::io::stdin();
        loop {
            let mut both = [PollFd::new(&stdin, PollFlags::IN), PollFd::new(&self.woken, PollFlags::IN)];
            match poll(&mut both, None) {
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return false,
                Ok(_) if !both[1].revents().is_empty() => return false,
                Ok(_) => return true,
            }
        }
    }

    /// Does what a signal that came would have done.
    fn end(self) {
        self.handlers.into_iter().for_each(|handler| _ = unregister(handler));
        if let Ok(signal @ 1..) = i32::try_from(self.seen.load(Ordering::SeqCst)) {
            _ = emulate_default_handler(signal);
        }
    }
}
