//! The stable codes. `docs/diagnostics.md` explains each; a test holds the two together.

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
    /// An expectation belongs to no step.
    DetachedExpectation = "SG040",
    /// Two expectations for one stream.
    DoubledExpectation = "SG041",
    /// A line's regex is invalid.
    Regex = "SG042",
    /// A line end looks like a mark and is none.
    LineMark = "SG043",
    /// A marked block stands where nothing is ever run.
    NotAStep = "SG050",
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
