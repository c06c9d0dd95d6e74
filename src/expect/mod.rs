//! What a step's output must look like, and whether it does.
//!
//! In: the lines of `output` blocks and the bytes of a stream. Out: a [`Verdict`] with what was captured. It
//! must never know where the bytes come from, or what happens next.

mod cel;
mod diff;
mod lines;
mod matcher;
mod normalize;
mod stream;
mod template;

pub use cel::{
    Assertion, Evaluator, Facts, Outcome, ParamType, References, ResultFacts, Scope, StepFacts, StepShape, Text, Value,
    parse_block, parse_expression, parse_quantity,
};
pub use lines::{BlockPattern, LinePattern, compile, named_groups};
pub use matcher::{Matcher, Verdict};
pub use stream::StreamMatcher;
pub use template::{fill, references};
