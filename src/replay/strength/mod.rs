//! How much the expectations of a step assert: its output is changed in ways in which real outputs go wrong, and judged again.

mod mutate;
mod score;
mod states;
mod witness;

pub use mutate::{Kind, Mutation, mutations};
pub use score::{Missed, Strength, strengths};
