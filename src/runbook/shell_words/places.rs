//! A script as one text, and the way back from its bytes to those of the file.

use super::super::model::Line;
use crate::diagnostic::Span;
use std::ops::Range;

/// Where each line of a joined script stands in the file.
pub struct Places<'s> {
    script: &'s [Line],
    /// The first byte of each line in the joined text.
    starts: Vec<usize>,
}

/// The lines with LF behind each.
pub fn join(script: &[Line]) -> (String, Places<'_>) {
    let mut text = String::with_capacity(script.iter().map(|line| line.text.len() + 1).sum());
    let mut starts = Vec::with_capacity(script.len());
    for line in script {
        starts.push(text.len());
        text.push_str(&line.text);
        text.push('\n');
    }
    (text, Places { script, starts })
}

impl Places<'_> {
    /// The bytes of the file that a part of the joined text was made of.
    pub fn span(&self, part: &Range<usize>) -> Span {
        let start = self.place(part.start, part.start);
        // An end belongs to the line of the byte before it: behind a line end the next line has not begun.
        let end = self.place(part.end.saturating_sub(1).max(part.start), part.end);
        Span::new(start, end.max(start))
    }

    /// The place in the file of byte `at`, counted from the line that holds byte `inside`.
    fn place(&self, inside: usize, at: usize) -> usize {
        let line = self.starts.partition_point(|start| *start <= inside).saturating_sub(1);
        let (Some(start), Some(line)) = (self.starts.get(line), self.script.get(line)) else { return 0 };
        line.part(at - start..at - start).start
    }
}
