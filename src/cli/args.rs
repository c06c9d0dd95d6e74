//! The arguments as they are typed.

use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::str::FromStr;

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
    /// Takes results that `run --write-back` wrote into runbooks out again
    #[command(after_help = "Example: stepgate clear backup.md")]
    Clear(Clear),
    /// Would today's runbooks accept what really happened? Runs nothing
    #[command(after_help = "Example: stepgate verify runbooks")]
    Verify(super::replay::Verify),
    /// Keeps a passed run beside its runbook, for `verify`
    #[command(after_help = "Example: stepgate record k7xq")]
    Record(super::replay::Record),
    /// Changes expected lines, as few as can be, so that they accept what a run printed
    #[command(after_help = "Example: stepgate accept k7xq")]
    Accept(super::replay::Accept),
    /// Past runs: which there are, what they did, and whether their records can be believed
    #[command(subcommand, after_help = "Example: stepgate audit verify --all")]
    Audit(super::audit::Audit),
    /// Signs the seal of a run with an SSH key
    #[command(after_help = "Example: stepgate sign k7xq --key ~/.ssh/id_ed25519")]
    Sign(Sign),
    /// The preprocessor for mdBook: runbooks as pages, and an index of them
    #[command(
        after_help = "Example, in book.toml:\n  [preprocessor.stepgate]\n  command = \"stepgate mdbook\"\n  runbooks = [\"runbooks\"]"
    )]
    Mdbook(Mdbook),
    /// Writes a runbook to begin with
    #[command(after_help = "Example: stepgate new runbooks/backup")]
    New(New),
    /// A JSON schema, for editors
    #[command(after_help = "Example: stepgate schema config > stepgate.schema.json")]
    Schema(Schema),
    /// What a shell must know to complete commands and options
    #[command(after_help = "Example: stepgate completions bash > ~/.local/share/bash-completion/completions/stepgate")]
    Completions(Completions),
    /// The manual page of stepgate or of one of its commands
    #[command(after_help = "Example: stepgate man run | man -l -")]
    Man(Man),
}

#[derive(Debug, Args)]
pub struct Mdbook {
    /// What mdBook asks before it sends a book
    #[command(subcommand)]
    pub ask: Option<MdbookAsk>,
}

#[derive(Debug, Subcommand)]
pub enum MdbookAsk {
    /// Whether a renderer's pages can be made: exits with 0 for `html`, with 1 for others
    #[command(after_help = "Example: stepgate mdbook supports html")]
    Supports {
        /// The renderer's name
        renderer: String,
    },
}

#[derive(Debug, Args)]
pub struct Clear {
    /// The runbooks
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct New {
    /// The file; `.md` is put behind it
    pub name: PathBuf,
}

#[derive(Debug, Args)]
pub struct Schema {
    /// Of what
    #[arg(value_enum)]
    pub what: SchemaOf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// A runbook's front matter
    Runbook,
    /// stepgate.toml
    Config,
}

#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub struct Man {
    /// The command; without one, stepgate as a whole
    pub command: Vec<String>,
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
    /// Write the results into the runbook's file when the run has closed
    #[arg(long)]
    pub write_back: bool,
    /// Write a report when it is over: html, junit, json or markdown; may be given several times
    #[arg(long, value_name = "KIND=FILE")]
    pub report: Vec<ReportFile>,
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
    #[arg(long, conflicts_with = "write_back")]
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
    /// Mend what can be mended in one way only, in the files
    #[arg(long)]
    pub fix: bool,
    /// Also let bash read the scripts, without running them: `bash -n`
    #[arg(long)]
    pub shell: bool,
    #[command(flatten)]
    pub shown: Shown,
}

/// How findings are shown, and which of them fail.
#[derive(Debug, Args)]
pub struct Shown {
    /// Pass over files that are no runbooks, also if they are named
    #[arg(long)]
    pub runbooks_only: bool,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t = FindingsFormat::Human)]
    pub format: FindingsFormat,
    /// Warnings fail as errors do
    #[arg(long, value_enum, value_name = "WHAT")]
    pub deny: Option<Deny>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FindingsFormat {
    /// For people
    Human,
    /// For programs
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// GitHub's workflow commands, shown beside the lines of a change
    Github,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Deny {
    /// Every warning
    Warnings,
}

/// A report that is written to a file: one of the views that `log` prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportFile {
    /// Which of them.
    pub format: LogFormat,
    /// The file.
    pub path: PathBuf,
}

impl FromStr for ReportFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, file) = text.split_once('=').unwrap_or_default();
        match (LogFormat::from_str(kind, false), file) {
            (Ok(format), file) if !file.is_empty() => Ok(Self { format, path: file.into() }),
            _ => Err("a report is `html=FILE`, `junit=FILE`, `json=FILE` or `markdown=FILE`".to_owned()),
        }
    }
}

/// A report as JUnit XML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JunitFile(pub PathBuf);

impl FromStr for JunitFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some(("junit", file)) if !file.is_empty() => Ok(Self(file.into())),
            _ => Err("a report is `junit=FILE`".to_owned()),
        }
    }
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
    /// The annotated runbook, a page, or one record
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
pub enum LogFormat {
    /// The runbook with what happened written into it
    Markdown,
    /// One record with stable keys
    Json,
    /// One page for a browser, which needs nothing else
    Html,
    /// JUnit XML: one case a step
    Junit,
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
