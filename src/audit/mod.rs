//! What past runs say, and how far they can be believed.
//!
//! In: the ledger and the journals of a store, or one exported file. Out: what was checked of a record, what was not, and
//! what speaks against it. It must never change a record.

mod check;
mod compare;
mod finding;
mod head_line;
mod ledger;
mod level;
mod select;

pub use check::{Check, Signatures, Signed, Unasked};
pub use compare::{Comparison, Difference, Side, StepDifference, compare};
pub use finding::{Doubt, Finding};
pub use head_line::{HeadLine, HeadOf};
pub use level::Level;
pub use select::Wanted;
