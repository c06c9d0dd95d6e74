//! The arguments of `stepgate audit`.

use super::super::args::Format;
use super::asked::{Moment, Standing, Verdict};
use crate::audit::{HeadLine, Level};
use clap::builder::PossibleValue;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Lists past runs, the newest first
    #[command(after_help = "Example: stepgate audit list --runbook backup --verdict failed --since 30d")]
    List(List),
    /// Shows what an auditor asks about one run: what, why, who, when, where, agreed to by whom, with which result
    #[command(after_help = "Example: stepgate audit show k7xq --format markdown > evidence.md")]
    Show(Show),
    /// Shows what was otherwise in a second run: text, parameters, outputs, durations, verdicts, people
    #[command(after_help = "Example: stepgate audit compare k7xq m3fz")]
    Compare(Compare),
    /// Writes all that is recorded of a run into one file, to be looked at elsewhere
    #[command(after_help = "Example: stepgate audit export k7xq CHG-1234.tar")]
    Export(Export),
    /// Says how far records can be believed, what was not checked, and what speaks against them
    #[command(
        after_help = "Levels: unsealed < chain < sealed < signed, anchored. Exit code 0 only if every record reaches --level.\n\n\
Example: stepgate audit verify k7xq --level signed --allowed-signers allowed_signers"
    )]
    Verify(Verify),
    /// Prints the line to keep elsewhere: a ticket, a Git tag
    #[command(after_help = "Example: stepgate audit head >> ticket.txt")]
    Head(Head),
}

#[derive(Debug, Args)]
pub struct List {
    /// Only runs of runbooks whose path or title holds this
    #[arg(long, value_name = "TEXT")]
    pub runbook: Option<String>,
    /// Only runs that stand so: passed, failed, partial, suspended, interrupted, in-doubt, running; may be given several times
    #[arg(long, value_name = "VERDICT")]
    pub verdict: Vec<Verdict>,
    /// Only runs of people whose user@host holds this
    #[arg(long, value_name = "TEXT")]
    pub operator: Option<String>,
    /// Only runs that began then or later: 2026-11-22, 2026-11-22T08:30:00Z, or 7d ago
    #[arg(long, value_name = "TIME")]
    pub since: Option<Moment>,
    /// Only runs that began before then
    #[arg(long, value_name = "TIME")]
    pub until: Option<Moment>,
    /// Only runs in which this step was reached, or stands so; reads every journal
    #[arg(long, value_name = "STEP[=STATUS]", value_parser = Standing::step)]
    pub step: Option<Standing>,
    /// Only runs that have this criterion, or prove it; reads every journal
    #[arg(long, value_name = "ID[=VERDICT]", value_parser = Standing::criterion)]
    pub criterion: Option<Standing>,
    /// Only runs with this profile
    #[arg(long, value_name = "PROFILE")]
    pub profile: Option<String>,
    /// No more than so many
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Where records are kept [default: .stepgate beside stepgate.toml, at the Git root, or here]
    #[arg(long, value_name = "DIR")]
    pub store: Option<PathBuf>,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct Verify {
    /// Runs, each by its id or a part of it that only it has, or files of `audit export` [default: the newest]
    #[arg(value_name = "RUN|FILE")]
    pub runs: Vec<String>,
    /// Every run that the ledger lists or that is in the store
    #[arg(long, conflicts_with = "runs")]
    pub all: bool,
    /// What every record must reach
    #[arg(long, value_enum, default_value_t = Level::Sealed, value_name = "LEVEL")]
    pub level: Level,
    /// Whose signatures count, a file as ssh-keygen(1) describes [default: what stepgate.toml says]
    #[arg(long, value_name = "FILE")]
    pub allowed_signers: Option<PathBuf>,
    /// A line of `audit head` that was kept elsewhere; may be given several times
    #[arg(long, value_name = "LINE")]
    pub head: Vec<HeadLine>,
    /// Where records are kept [default: .stepgate beside stepgate.toml, at the Git root, or here]
    #[arg(long, value_name = "DIR")]
    pub store: Option<PathBuf>,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct Show {
    /// The run: its id, any part of it that only it has, or a file of `audit export` [default: the newest]
    #[arg(value_name = "RUN|FILE")]
    pub run: Option<String>,
    /// Whose signatures count, a file as ssh-keygen(1) describes [default: what stepgate.toml says]
    #[arg(long, value_name = "FILE")]
    pub allowed_signers: Option<PathBuf>,
    /// Where records are kept [default: .stepgate beside stepgate.toml, at the Git root, or here]
    #[arg(long, value_name = "DIR")]
    pub store: Option<PathBuf>,
    /// A table, a page for a ticket, or one record
    #[arg(long, value_enum, default_value_t = ShowFormat::Human)]
    pub format: ShowFormat,
}

#[derive(Debug, Args)]
pub struct Compare {
    /// The first run: its id, any part of it that only it has, or a file of `audit export`
    #[arg(value_name = "RUN|FILE")]
    pub before: String,
    /// The second run
    #[arg(value_name = "RUN|FILE")]
    pub after: String,
    /// Where records are kept [default: .stepgate beside stepgate.toml, at the Git root, or here]
    #[arg(long, value_name = "DIR")]
    pub store: Option<PathBuf>,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct Export {
    /// The run: its id, or any part of it that only it has
    pub run: String,
    /// The file to be written, a tar archive; it must not be there yet
    pub file: PathBuf,
    /// Leave the ledger out, which lists the other runs of the store too
    #[arg(long)]
    pub without_ledger: bool,
    /// Whose signatures count, a file as ssh-keygen(1) describes [default: what stepgate.toml says]
    #[arg(long, value_name = "FILE")]
    pub allowed_signers: Option<PathBuf>,
    /// Where records are kept [default: .stepgate beside stepgate.toml, at the Git root, or here]
    #[arg(long, value_name = "DIR")]
    pub store: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Head {
    /// A run whose own head is wanted [default: the head of the ledger over all runs]
    pub run: Option<String>,
    /// Where records are kept [default: .stepgate beside stepgate.toml, at the Git root, or here]
    #[arg(long, value_name = "DIR")]
    pub store: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ShowFormat {
    /// For people at a terminal
    Human,
    /// The page of evidence for a ticket
    Markdown,
    /// The same with stable keys
    Json,
}

impl ValueEnum for Level {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self {
            Self::Unsealed => "every record fits the one before it",
            Self::Chain => "… up to a seal that fits them all",
            Self::Sealed => "… and the ledger, a signature or a kept head names that seal",
            Self::Signed => "somebody whose key counts has signed the seal",
            Self::Anchored => "a head that was kept elsewhere is in it",
        };
        Some(PossibleValue::new(self.as_str()).help(help))
    }
}
