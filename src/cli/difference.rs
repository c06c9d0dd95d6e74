//! Two texts, and the lines in which they differ.

use crate::text::escape_line;
use similar::{ChangeTag, TextDiff};

/// The lines that are gone, marked `-`, and those that are new, marked `+`; at most `shown` of them.
pub fn changed_lines(before: &str, after: &str, shown: usize) -> Vec<String> {
    let difference = TextDiff::from_lines(before, after);
    let lines = difference.iter_all_changes().filter_map(|change| {
        let mark = match change.tag() {
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
            ChangeTag::Equal => return None,
        };
        Some(format!("{mark} {}", escape_line(change.value().trim_end_matches('\n'))))
    });
    lines.take(shown).collect()
}
