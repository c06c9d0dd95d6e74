//! The built binary, as its users meet it.

mod about;
mod accept;
mod audit;
mod ci;
mod cluster;
mod contract;
mod docs;
mod elsewhere;
mod harness;
mod hostile;
mod injections;
mod lab;
mod lints;
mod mdbook;
mod migration;
mod reading;
mod reading_near;
mod record;
mod remote;
mod replay;
mod report;
mod resume;
mod running;
mod secrets;
mod terminal;
mod values;
mod write_back;

#[path = "../support/sshd.rs"]
mod sshd;
