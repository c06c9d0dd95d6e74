//! Assertions in the Common Expression Language (docs/format.md §4.2).
//!
//! In: the text of expressions and [`Facts`]. Out: whether they hold, and if not, the values in them. It must never
//! know where the facts come from.
//!
//! What errors must never do is get lost: CEL lets `error || true` be true, so an expression that looked at a stream
//! which cannot be read, or that went on for too long, is *spoiled* and does not hold, whatever it came to.

mod assertion;
mod bounded;
mod budget;
mod check;
mod compile;
mod evaluator;
mod facts;
mod functions;
mod json;
mod judge;
mod kinds;
mod limits;
mod literals;
mod names;
mod quantity;
mod regexes;
mod rows;
mod scope;
mod show;
mod time;
mod versions;
mod walk;
mod warnings;
mod words;
mod world;

#[cfg(test)]
mod tests;

pub use assertion::{Assertion, parse_block, parse_expression};
pub use evaluator::Evaluator;
pub use facts::{Facts, ResultFacts, StepFacts, Text, Value};
pub use judge::Outcome;
pub use names::{References, WHOLE};
pub use quantity::parse_quantity;
pub use scope::{ParamType, Scope, StepShape};
pub use warnings::block_warnings;
