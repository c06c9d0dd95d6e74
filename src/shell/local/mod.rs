//! A session on this machine in bash: each step has pipes of its own, which the driver opens through `/proc`.
//!
//! In: a step's script and what it is given. Out: its bytes, a verdict, who is left running.

mod attempt;
mod connection;
mod control;
mod exchange;
mod frame;
mod given;
mod pipe;
mod session;
mod streams;
mod unread;

pub(super) use connection::detach;
pub(super) use session::LocalSession;
