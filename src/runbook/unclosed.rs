//! Fences without an end, which Markdown closes silently with the file or the list item.

use super::scan::{Block, Fence};
use crate::diagnostic::{Code, Diagnostic, Source, Span};

/// A finding at the opening line of every fence that is never closed.
pub fn unclosed_fences(source: &Source, blocks: &[Block]) -> Vec<Diagnostic> {
    let fences = blocks.iter().filter_map(|block| match block {
        Block::Fence(fence) | Block::Elsewhere { fence, .. } => Some(fence),
        _ => None,
    });
    fences.filter(|fence| !fence.closed).map(|fence| unclosed(source, fence)).collect()
}

fn unclosed(source: &Source, fence: &Fence) -> Diagnostic {
    let marker = fence.marker(source);
    Diagnostic::error(Code::UnclosedFence, opening(source, fence), "the fence that opens here is never closed")
        .help(format!("behind its last line write a line of its own, indented as this one: {marker}"))
}

fn opening(source: &Source, fence: &Fence) -> Span {
    let span = source.line_span(source.line(fence.span.start));
    let text = source.slice(span);
    Span::new(span.start + text.len() - text.trim_start().len(), span.end)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::body_findings;

    /// The opening lines that are said to be never closed.
    fn unclosed(body: &str) -> Vec<String> {
        let found = body_findings(body).into_iter();
        found.filter_map(|found| found.strip_prefix("SG020 ").map(str::to_owned)).collect()
    }

    #[test]
    fn a_fence_is_closed_by_a_line_of_its_own_and_by_nothing_else() {
        for closed in ["```\n```", "~~~ a~b\nx\n~~~~ ", "```\r\nx\r\n```\r\n", "- ```\n  x\n\n  ```", "> ~~~\n> ~~~\n"]
        {
            assert!(unclosed(closed).is_empty(), "{closed:?}");
        }
        for open in
            ["```", "~~~ a~b", "````\nx\n```", "```\nx\n~~~\n", "```\n    ```", "> ```\n> x\n\n", "- ```\n  x\ny"]
        {
            assert_eq!(unclosed(open), [open.lines().next().unwrap()], "{open:?}");
        }
    }

    #[test]
    fn a_tab_behind_the_last_line_of_a_fence_is_no_silent_end_of_the_runbook() {
        // For pulldown-cmark, which says what is run, the fence goes on; other parsers close it there.
        assert_eq!(unclosed("```bash {name=a}\nx\n```\t\n\n- [ ] Look at it\n"), ["```bash {name=a}"]);
    }
}
