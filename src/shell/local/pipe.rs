//! A step's pipe, read without ever blocking.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use rustix::pipe::{PipeFlags, fcntl_getpipe_size, pipe_with};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::unix::pipe::Receiver;

use super::super::step::Stream;

/// One stream of one step.
pub(super) struct Pipe {
    pub step: u64,
    pub stream: Stream,
    /// Its step has ended: what comes now is late.
    pub late: bool,
    reader: Receiver,
    /// Held until the driver has opened it, so that the pipe does not end before it begins.
    writer: Option<OwnedFd>,
}

impl Pipe {
    pub(super) fn new(step: u64, stream: Stream) -> io::Result<Self> {
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
        let reader = Receiver::from_owned_fd(reader)?;
        Ok(Self { step, stream, late: false, reader, writer: Some(writer) })
    }

    /// Where another process of the same user can open the writing side.
    pub(super) fn path(&self) -> String {
        self.writer.as_ref().map(proc_path).unwrap_or_default()
    }

    pub(super) fn release(&mut self) {
        self.writer = None;
    }

    /// What the pipe is called in `/proc/PID/fd`.
    pub(super) fn link(&self) -> io::Result<String> {
        let inode = rustix::fs::fstat(&self.reader)?.st_ino;
        Ok(format!("pipe:[{inode}]"))
    }

    /// How many bytes it can hold.
    pub(super) fn capacity(&self) -> usize {
        fcntl_getpipe_size(&self.reader).unwrap_or(65536)
    }

    /// What is there now; `WouldBlock` if nothing is, 0 at the end. Asks the kernel: what tokio knows may be older
    /// than the step's end.
    pub(super) fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::retry_on_intr(|| rustix::io::read(&self.reader, &mut *buffer))?)
    }

    /// Waits for what comes next; 0 at the end.
    pub(super) fn poll_read(&mut self, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(buffer);
        ready!(Pin::new(&mut self.reader).poll_read(context, &mut buffer))?;
        Poll::Ready(Ok(buffer.filled().len()))
    }
}

/// Where another process of the same user can open our descriptor.
pub(super) fn proc_path(descriptor: &impl AsRawFd) -> String {
    format!("/proc/{}/fd/{}", std::process::id(), descriptor.as_raw_fd())
}
