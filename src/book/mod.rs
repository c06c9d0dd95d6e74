//! Runbooks as chapters of an mdBook.
//!
//! In: chapters, runbooks, and what their recordings say. Out: chapters in which steps are cards, and an index of all
//! runbooks. It must never read a file, or let what somebody else wrote become active in a reader's browser.

mod chapter;
mod inert;
mod raw_html;
mod shelf;

pub use chapter::{Standing, chapter, unreadable};
pub use shelf::{Shelf, ShelfError, Shelved, page_of};
