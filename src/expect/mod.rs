//! What a step's output must look like, and whether it does.
//!
//! In: the lines of `output` blocks and the bytes of a stream. Out: a [`Verdict`] with what was captured. It
//! must never know where the bytes come from, or what happens next.

mod align;
mod cel;
mod diff;
mod edits;
mod escapes;
mod everything;
mod glob;
mod kept;
mod lines;
mod literal;
mod marks;
mod matcher;
#[cfg(test)]
mod matcher_reference;
mod normalize;
mod partly;
mod regexes;
mod stream;
mod template;

pub use cel::{
    Assertion, Evaluator, Facts, Outcome, ParamType, References, ResultFacts, Scope, StepFacts, StepShape, Text, Value,
    WHOLE, block_warnings, parse_block, parse_expression, parse_quantity,
};
pub use edits::{Edit, edits, unpartnered};
pub use everything::{accepts_from, matches_everything};
pub use lines::{BlockLine, BlockPattern, LinePattern, compile};
pub use literal::literal_line;
pub use marks::Repeat;
pub use matcher::{Matcher, Verdict};
pub use normalize::normalize;
pub use partly::may_accept as may_begin_and_end;
pub use regexes::named_groups;
pub use stream::StreamMatcher;
pub use template::{fill, placed_references, references};
