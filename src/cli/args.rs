//! The arguments as they are typed.

use super::asked::{Moment, Standing, Verdict};
use crate::audit::{HeadLine, Level};
use clap::builder::PossibleValue;
use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Runbooks as code: Markdown procedures that are run, gated, checked and recorded.
#[derive(Debug, Parser)]
#[command(name = "stepgate", version, max_term_width = 100, subcommand_required = true)]
#[command(
    after_help = "Exit codes: 0 passed · 1 failed, or errors found · 2 usage, or a runbook that cannot be planned · 3 suspended · \
4 a decision is needed · 5 the record could not be written · 6 another run holds the lock · 130, 143 interrupted\n\n\
Example: stepgate run runbooks/quickstart.md"
)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
    /// When to colour
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
}

/// The command line as clap knows it, for documentation.
pub fn command() -> clap::Command {
    Arguments::command()
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Plans a runbook and runs it
    #[command(
        after_help = "Example: stepgate run backup.md --confirm save --answer the-share-shows-the-file=done:seen"
    )]
    Run(Run),
    /// Goes on with a run that was left, interrupted, or failed
    #[command(
        after_help = "Example: stepgate resume k7xq --decide save=happened --reason 'the file is there' --confirm restore"
    )]
    Resume(Resume),
    /// Shows everything resolved; runs nothing
    #[command(after_help = "Example: stepgate plan backup.md --format json")]
    Plan(Plan),
    /// Finds what is wrong with runbooks; runs nothing
    #[command(after_help = "Example: stepgate check runbooks docs/restore.md")]
    Check(Check),
    /// Lists the runbooks of a tree, each with how its last run ended
    #[command(after_help = "Example: stepgate list runbooks")]
    List(List),
    /// The page of a diagnostic's code
    #[command(after_help = "Example: stepgate explain SG064")]
    Explain(Explain),
    /// The runbook annotated with what happened in a run
    #[command(after_help = "Example: stepgate log k7xq > backup-log.md")]
    Log(Log),
    /// Past runs: which there are, what they did, and whether their records can be believed
    #[command(subcommand, after_help = "Example: stepgate audit verify --all")]
    Audit(Audit),
    /// Signs the seal of a run with an SSH key
    #[command(after_help = "Example: stepgate sign k7xq --key ~/.ssh/id_ed25519")]
    Sign(Sign),
}

#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Lists past runs, the newest first
    #[command(after_help = "Example: stepgate audit list --runbook backup --verdict failed --since 30d")]
    List(AuditList),
    /// Shows what an auditor asks about one run: what, why, who, when, where, agreed to by whom, with which result
    #[command(after_help = "Example: stepgate audit show k7xq --format markdown > evidence.md")]
    Show(AuditShow),
    /// Shows what was otherwise in a second run: text, parameters, outputs, durations, verdicts, people
    #[command(after_help = "Example: stepgate audit compare k7xq m3fz")]
    Compare(AuditCompare),
    /// Writes all that is recorded of a run into one file, to be looked at elsewhere
    #[command(after_help = "Example: stepgate audit export k7xq CHG-1234.tar")]
    Export(AuditExport),
    /// Says how far records can be believed, what was not checked, and what speaks against them
    #[command(
        after_help = "Levels: unsealed < chain < sealed < signed, anchored. Exit code 0 only if every record reaches --level.\n\n\
Example: stepgate audit verify k7xq --level signed --allowed-signers allowed_signers"
    )]
    Verify(AuditVerify),
    /// Prints the line to keep elsewhere: a ticket, a Git tag
    #[command(after_help = "Example: stepgate audit head >> ticket.txt")]
    Head(AuditHead),
}

#[derive(Debug, Args)]
pub struct AuditList {
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
pub struct AuditVerify {
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
pub struct AuditShow {
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
pub struct AuditCompare {
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
pub struct AuditExport {
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
pub struct AuditHead {
    /// A run whose own head is wanted [default: the head of the ledger over all runs]
    pub run: Option<String>,
    /// Where records are kept [default: .stepgate beside stepgate.toml, at the Git root, or here]
    #[arg(long, value_name = "DIR")]
    pub store: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Sign {
    /// The run: its id, or any part of it that only it has [default: the newest]
    pub run: Option<String>,
    /// The SSH key, or the public one of a key that an agent holds [default: what stepgate.toml says]
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Where records are kept [default: .stepgate beside stepgate.toml, at the Git root, or here]
    #[arg(long, value_name = "DIR")]
    pub store: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Explain {
    /// The code, such as SG064
    pub code: String,
}

/// What is chosen for one plan.
#[derive(Debug, Args)]
pub struct Chosen {
    /// Give a parameter its value; may be given several times
    #[arg(long, value_name = "NAME=VALUE")]
    pub param: Vec<String>,
    /// A profile of stepgate.toml: other parameters, targets and gates
    #[arg(long, value_name = "PROFILE")]
    pub profile: Option<String>,
    /// Reach a target by another command; may be given several times
    #[arg(long, value_name = "NAME=COMMAND")]
    pub target: Vec<String>,
}

/// What is answered beforehand, and how a run talks.
#[derive(Debug, Args)]
pub struct Answering {
    /// Ask before every step
    #[arg(long)]
    pub step: bool,
    /// Confirm a step's gate beforehand; with its phrase if it must be typed
    #[arg(long, value_name = "STEP[=PHRASE]")]
    pub confirm: Vec<String>,
    /// Answer a manual step beforehand: done, failed or skipped, a skip with its reason
    #[arg(long, value_name = "ITEM=ANSWER[:NOTE]")]
    pub answer: Vec<String>,
    /// Confirm every `confirm` gate; no typed gate, no manual step
    #[arg(long)]
    pub yes: bool,
    /// Ask nothing, also at a terminal: what needs a person suspends the run
    #[arg(long)]
    pub non_interactive: bool,
    /// What goes to standard output: the final table, or the journal's very lines
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct Run {
    /// The runbook
    pub file: PathBuf,
    #[command(flatten)]
    pub chosen: Chosen,
    /// The first step to run; the run is partial
    #[arg(long, value_name = "STEP")]
    pub from: Option<String>,
    /// The last step to run; the run is partial
    #[arg(long, value_name = "STEP")]
    pub to: Option<String>,
    /// Run this step and no other; may be given several times
    #[arg(long, value_name = "STEP", conflicts_with_all = ["from", "to"])]
    pub only: Vec<String>,
    #[command(flatten)]
    pub answering: Answering,
    /// Where records are kept [default: .stepgate beside stepgate.toml, at the Git root, or here]
    #[arg(long, value_name = "DIR", conflicts_with = "ephemeral")]
    pub store: Option<PathBuf>,
    /// The run's id [default: made of time and chance]
    #[arg(long, value_name = "ID")]
    pub run_id: Option<String>,
    /// Keep no record and take no lock: for tests
    #[arg(long)]
    pub ephemeral: bool,
}

#[derive(Debug, Args)]
pub struct Resume {
    /// The run: its id, or any part of it that only it has [default: the newest unfinished]
    pub run: Option<String>,
    /// Say what became of a step: happened, not-happened, rerun or abort
    #[arg(long, value_name = "STEP=WHAT")]
    pub decide: Vec<String>,
    /// How you know what --decide says
    #[arg(long, value_name = "TEXT", requires = "decide")]
    pub reason: Option<String>,
    /// Accept a change since the run was left, by the name that it is shown with; may be given several times
    #[arg(long, value_name = "NAME")]
    pub accept: Vec<String>,
    /// Give a parameter its value; may be given several times
    #[arg(long, value_name = "NAME=VALUE")]
    pub param: Vec<String>,
    #[command(flatten)]
    pub answering: Answering,
    /// Where records are kept [default: .stepgate beside stepgate.toml, at the Git root, or here]
    #[arg(long, value_name = "DIR")]
    pub store: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Plan {
    /// The runbook
    pub file: PathBuf,
    #[command(flatten)]
    pub chosen: Chosen,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct Check {
    /// Runbooks, or folders to look for runbooks in
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct List {
    /// The folder to look in
    #[arg(default_value = ".")]
    pub path: PathBuf,
    /// Where records are kept [default: .stepgate beside stepgate.toml, at the Git root, or here]
    #[arg(long, value_name = "DIR")]
    pub store: Option<PathBuf>,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct Log {
    /// The run: its id, any part of it that only it has, or a file of `audit export` [default: the newest]
    #[arg(value_name = "RUN|FILE")]
    pub run: Option<String>,
    /// Where records are kept [default: .stepgate beside stepgate.toml, at the Git root, or here]
    #[arg(long, value_name = "DIR")]
    pub store: Option<PathBuf>,
    /// The annotated runbook, or one record
    #[arg(long, value_enum, default_value_t = LogFormat::Markdown)]
    pub format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Human,
    /// For programs
    Json,
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// The runbook with what happened written into it
    Markdown,
    /// One record with stable keys
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
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
