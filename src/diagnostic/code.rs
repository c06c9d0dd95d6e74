//! The stable codes. `docs/diagnostics/` explains each; a test holds the two together.

use serde::{Serialize, Serializer};

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal,)+) => {
        /// A stable code of a finding.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Code {
            /// Every code, in order.
            pub const ALL: &'static [Code] = &[$(Code::$name),+];

            /// The code as it is printed, such as `SG030`.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$name => $code),+ }
            }

            /// The page that explains the code.
            pub fn page(self) -> &'static str {
                match self { $(Code::$name => include_str!(concat!("../../docs/diagnostics/", $code, ".md"))),+ }
            }

            /// What the code means, in a line.
            pub fn meaning(self) -> &'static str {
                match self { $(Code::$name => concat!($($doc),+).trim_ascii()),+ }
            }
        }
    };
}

codes! {
    /// The file cannot be read, or is no regular file, or is too large.
    File = "SG001",
    /// The file is not UTF-8 text without control characters.
    Encoding = "SG002",
    /// The file is no runbook: its front matter lacks `stepgate`.
    NoRunbook = "SG003",
    /// The runbook holds nothing to run.
    NoSteps = "SG004",
    /// The format knows it, this version of stepgate does not do it yet.
    NotSupported = "SG009",
    /// The front matter is no valid YAML, or has no end.
    FrontMatter = "SG010",
    /// A front-matter key that the format does not know.
    UnknownKey = "SG011",
    /// A value of the wrong kind.
    WrongValue = "SG012",
    /// The format version is not one that this stepgate reads.
    Version = "SG013",
    /// A parameter that is declared wrongly.
    Parameter = "SG014",
    /// A target that is declared wrongly.
    Target = "SG015",
    /// `stepgate.toml` cannot be read, or holds what it may not.
    Configuration = "SG016",
    /// A fence is never closed.
    UnclosedFence = "SG020",
    /// A line looks like the opening of a marked fence and is none.
    NoFence = "SG021",
    /// The attribute block cannot be read.
    Attributes = "SG022",
    /// An attribute that the format does not know.
    UnknownAttribute = "SG023",
    /// An attribute stands twice.
    DoubledAttribute = "SG024",
    /// No interpreter of that name.
    UnknownLanguage = "SG025",
    /// `on` names no target.
    UnknownTarget = "SG026",
    /// `stdin` or `unless` names nothing that fits.
    UnknownReference = "SG027",
    /// An open placeholder such as `<name>` in a script.
    Placeholder = "SG028",
    /// A line looks like a task item and is none.
    NoTaskItem = "SG029",
    /// Two steps have the same name.
    DoubledName = "SG030",
    /// A step that changes something has no name.
    MissingName = "SG031",
    /// Attributes contradict each other.
    Contradiction = "SG032",
    /// A script that cannot be run as it stands.
    Script = "SG033",
    /// A criterion that `acceptance` does not list.
    UnknownCriterion = "SG034",
    /// A name that cannot be a variable, or may not be captured.
    VariableName = "SG035",
    /// A variable is used before the step that captures it.
    CapturedLater = "SG036",
    /// Bash does not take a script.
    ShellSyntax = "SG037",
    /// An expectation belongs to no step.
    DetachedExpectation = "SG040",
    /// Two expectations for one stream.
    DoubledExpectation = "SG041",
    /// A line's regex is invalid.
    Regex = "SG042",
    /// A line end looks like a mark and is none.
    LineMark = "SG043",
    /// A CEL expression cannot be read, or is too long or too deep.
    Expression = "SG044",
    /// An expression names something unknown.
    UnknownName = "SG045",
    /// A secret's value stands in the runbook.
    LiteralSecret = "SG046",
    /// A marked block stands where nothing is ever run.
    NotAStep = "SG050",
    /// A `read` step that checks nothing but its exit code.
    AssertsNothing = "SG060",
    /// A pattern that accepts everything.
    MatchesEverything = "SG061",
    /// `all` over a list that may be empty.
    EmptyAll = "SG062",
    /// A prompt such as `$ ` before a command.
    Prompt = "SG063",
    /// A pipe into something that stops reading, under pipefail.
    EarlyCloser = "SG064",
    /// `export X=$(command)` hides the command's exit code.
    MaskedExit = "SG065",
    /// A background process that keeps the step's output.
    Background = "SG066",
    /// `grep -v` used as a check.
    InvertedGrep = "SG067",
    /// A command that never ends, without a `timeout`.
    NeverEnds = "SG068",
    /// A command that will ask, and has no terminal to ask at.
    WillAsk = "SG069",
    /// An editor or a pager, which needs a terminal.
    Editor = "SG070",
    /// A parameter that the script itself makes code of.
    ParameterAsCode = "SG071",
    /// A link that leads nowhere.
    DanglingLink = "SG072",
    /// The prose before a step does not name the machine that it runs on.
    UnspokenTarget = "SG073",
    /// A word that reads like a placeholder.
    PlaceholderWord = "SG074",
    /// What an `sh` session cannot carry over.
    NotCarried = "SG075",
    /// No step proves a criterion.
    Unproved = "SG076",
    /// An EXIT trap that makes a pass of every failure.
    ExitTrap = "SG077",
    /// A `read` step that changes something.
    ReadWrites = "SG078",
    /// A change that a probe could tell to be done already.
    Unprobed = "SG079",
    /// A recording that cannot be used.
    Recording = "SG080",
    /// An expectation would no longer accept what was recorded.
    Broken = "SG081",
    /// A step was changed since it was recorded.
    Stale = "SG082",
    /// The recording is older than `max-age`.
    Expired = "SG083",
    /// Nothing is recorded.
    Unrecorded = "SG084",
    /// Expectations that would accept too many wrong outputs.
    Weak = "SG085",
}

impl Code {
    /// Whether it only looks wrong, so that `[lint]` may say how bad it is. What contradicts a recording is wrong.
    pub fn is_lint(self) -> bool {
        self >= Code::AssertsNothing && !matches!(self, Code::Recording | Code::Broken)
    }

    /// Whether it is only worth knowing, and changes no exit code.
    pub fn is_note(self) -> bool {
        self == Code::NotAStep
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
