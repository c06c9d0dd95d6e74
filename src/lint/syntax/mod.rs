//! A script as a shell would group it: lists of pipelines of commands and blocks.
//!
//! In: the tokens of a script. Out: every command with what stands around it. It must never refuse a script: what has no
//! end reaches to the end of its list, what nothing opened is stepped over, and blocks nested too deeply are read flat.

mod carried;
mod command;
mod parser;
mod place;
mod streams;

pub use carried::SSH_VALUED;
pub use command::{Command, Redirection, is_option};
pub use parser::{Block, Kind, List, Pipeline, Stage, parse};
pub use place::{NEAR, Place, places};
pub use streams::Streams;

use crate::runbook::{Token, everywhere};

/// A script and all lists of tokens inside it.
pub struct Script<'t> {
    /// Its pipelines, in order.
    pub list: List<'t>,
    /// Every word of every list.
    pub tokens: Vec<&'t [Token]>,
}

impl<'t> Script<'t> {
    /// Reads the tokens.
    pub fn new(tokens: &'t [Token]) -> Self {
        Self { list: parse(tokens), tokens: everywhere(tokens) }
    }

    /// The last pipeline, whose exit code is the step's.
    pub fn last(&self) -> Option<&Pipeline<'t>> {
        self.list.last()
    }
}
