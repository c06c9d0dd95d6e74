//! The arguments of `record` and `verify`.

use super::super::args::{JunitFile, Shown};
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Record {
    /// The run: its id, any part of it that only it has, or a file of `audit export` [default: the newest]
    #[arg(value_name = "RUN|FILE")]
    pub run: Option<String>,
    /// The runbook that it is kept beside [default: the file that was run]
    #[arg(long, value_name = "FILE")]
    pub runbook: Option<PathBuf>,
    /// Where records are kept [default: .stepgate beside stepgate.toml, at the Git root, or here]
    #[arg(long, value_name = "DIR")]
    pub store: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Accept {
    /// The run: its id, any part of it that only it has, or a file of `audit export` [default: the newest]
    #[arg(value_name = "RUN|FILE")]
    pub run: Option<String>,
    /// Ask nothing: accept every change
    #[arg(long)]
    pub all: bool,
    /// The runbook that is changed [default: the file that was run]
    #[arg(long, value_name = "FILE")]
    pub runbook: Option<PathBuf>,
    /// Where records are kept [default: .stepgate beside stepgate.toml, at the Git root, or here]
    #[arg(long, value_name = "DIR")]
    pub store: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Verify {
    /// Runbooks, or folders to look for runbooks in
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// How much do the expectations assert? With a number, each step must notice so many of a hundred wrong outputs
    #[arg(long, value_name = "PERCENT", num_args = 0..=1, require_equals = true, default_missing_value = "0",
          value_parser = clap::value_parser!(u8).range(0..=100))]
    pub strength: Option<u8>,
    /// Which wrong outputs --strength tries
    #[arg(long, value_name = "NUMBER", default_value_t = 0, requires = "strength")]
    pub seed: u64,
    /// Write a report: junit=FILE
    #[arg(long, value_name = "KIND=FILE")]
    pub report: Vec<JunitFile>,
    #[command(flatten)]
    pub shown: Shown,
}
