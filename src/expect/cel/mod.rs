//! Assertions in the Common Expression Language (docs/format.md §4.2).
//!
//! In: the text of expressions and [`Facts`]. Out: whether they hold, and if not, the values in them. It must never
//! know where the facts come from.

mod assertion;
mod check;
mod evaluator;
mod facts;
mod functions;
mod json;
mod limits;
mod rows;
mod show;
mod time;
mod versions;
mod walk;

pub use assertion::{Assertion, parse_block, parse_expression};
pub use check::{ParamType, References, Scope, StepShape};
pub use evaluator::{Evaluator, Outcome};
pub use facts::{Facts, ResultFacts, StepFacts, Text, Value};
pub use versions::parse_quantity;
