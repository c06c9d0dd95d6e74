//! The built binary, as its users meet it.

mod cluster;
mod contract;
mod harness;
mod hostile;
mod reading;
mod record;
mod running;
mod secrets;
mod terminal;
