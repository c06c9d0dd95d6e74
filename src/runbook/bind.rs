//! Expectations: each is bound to its step, or belongs to none (docs/format.md §4).

use super::attributes::StepAttributes;
use super::model::{Check, Expectation, ExpectedStream, Step};
use super::scan::Fence;
use super::visible;
use crate::diagnostic::{Code, Diagnostic, Span};

/// What an expectation at this place would belong to.
#[derive(Debug, Default)]
pub enum Binding {
    /// Nothing: a heading or a plain block stands before it.
    #[default]
    Nothing,
    /// The step at this index of the runbook's items, with the `output` blocks that it has.
    Step(usize, Vec<(ExpectedStream, Span)>),
    /// A block that a finding speaks of already: nobody knows what it was to be.
    Unknown,
}

impl Binding {
    /// That of a block that is no step, and that may have been meant for one.
    pub fn behind(attributes: &StepAttributes) -> Self {
        if attributes.broken { Self::Unknown } else { Self::Nothing }
    }
}

/// Findings on an expectation by itself.
pub fn check(fence: &Fence, check: Check) -> Vec<Diagnostic> {
    match check {
        Check::Output(_) => visible::in_lines(
            fence,
            "expectation",
            "write it as an escape in a line that ends in (re), such as \\x{feff}",
        ),
        Check::Assert => expressions(fence),
    }
}

/// Findings on the lines of an `assert` block.
pub fn expressions(fence: &Fence) -> Vec<Diagnostic> {
    let help = "write it as an escape inside a string, such as \"\\u00a0\"";
    let mut found = visible::in_lines(fence, "expression", help);
    let says_nothing = |text: &str| text.trim_start().is_empty() || text.trim_start().starts_with('#');
    if fence.lines.iter().all(|line| says_nothing(&line.text)) {
        let empty = Diagnostic::error(Code::Expression, fence.info, "the block asserts nothing");
        found.push(empty.help("write one expression a line, such as exit_code == 0"));
    }
    found
}

/// A finding on an expectation that stands behind no step.
pub fn detached(fence: &Fence) -> Diagnostic {
    Diagnostic::error(Code::DetachedExpectation, fence.info, "this expectation belongs to no step")
        .help("the nearest fenced block before it, under the same heading, must be a step; an illustration is ```text")
}

/// Gives `step` an expectation, unless one of its `outputs` is for the same stream.
pub fn bind(
    step: &mut Step,
    outputs: &mut Vec<(ExpectedStream, Span)>,
    fence: Fence,
    check: Check,
) -> Result<(), Diagnostic> {
    if let Check::Output(stream) = check {
        if let Some((_, first)) = outputs.iter().find(|(first, _)| clash(*first, stream)) {
            let message = format!("step `{}` has two expectations for one stream", step.name);
            return Err(Diagnostic::error(Code::DoubledExpectation, fence.info, message)
                .related(*first, "first here")
                .help("join them with a line `...` between"));
        }
        outputs.push((stream, fence.span));
    }
    step.expectations.push(Expectation { check, lines: fence.lines, span: fence.span });
    Ok(())
}

/// Whether two expectations check the same stream; `{combined}` checks both.
fn clash(a: ExpectedStream, b: ExpectedStream) -> bool {
    a == b || a == ExpectedStream::Combined || b == ExpectedStream::Combined
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{body_findings, step, with_body};
    use super::*;

    const A: &str = "```bash {name=a gate=none}\na\n```\n";

    #[test]
    fn a_step_has_one_output_a_stream_and_any_number_of_assertions() {
        let runbook = with_body(&format!(
            "{A}prose\n```assert\nexit_code == 0\n```\n```output {{stderr}}\n```\nmore\n```assert\ntrue\nfalse\n```\n```output\nx\n```\n"
        ));
        let checks: Vec<_> = step(&runbook, "a").expectations.iter().map(|expectation| expectation.check).collect();
        let output = Check::Output;
        assert_eq!(
            checks,
            [Check::Assert, output(ExpectedStream::Stderr), Check::Assert, output(ExpectedStream::Stdout)]
        );
        assert_eq!(step(&runbook, "a").expectations[2].lines[1].text, "false");
        assert_eq!(step(&runbook, "a").prose.len(), 2);
        for (first, second) in [
            ("output", "output"),
            ("output {stderr}", "output {stderr}"),
            ("output", "output {combined}"),
            ("output {combined}", "output {stderr}"),
        ] {
            let body = format!("{A}```{first}\nx\n```\n```assert\ntrue\n```\n```{second}\nx\n```\n");
            assert_eq!(body_findings(&body), [format!("SG041 {second}")]);
        }
    }

    #[test]
    fn an_expectation_needs_a_step_right_before_it() {
        for before in ["", "```text\nb\n```\n", "# Next\n", "```bash\nb\n```\n", "```assert {name=w}\ntrue\n```\n"] {
            for block in ["output", "assert"] {
                let first = if before.is_empty() { "- [ ] look\n\n" } else { A };
                let body = format!("{first}{before}```{block}\ntrue\n```\n");
                assert_eq!(body_findings(&body), [format!("SG040 {block}")], "{body}");
            }
        }
        let data =
            format!("{}```text {{data name=d}}\n```\n```assert\ntrue\n```\n", A.replace("name=a", "name=a stdin=d"));
        assert_eq!(body_findings(&data), ["SG040 assert"]);
        // One inside a list item belongs to the step before the list.
        assert_eq!(body_findings(&format!("{A}- item\n\n  ```output\n  x\n  ```\n")), [""; 0]);
    }

    #[test]
    fn an_assert_block_that_asserts_nothing_is_refused() {
        for lines in ["", "\n", "# only a comment\n", "  # x\n\n"] {
            assert_eq!(body_findings(&format!("{A}```assert\n{lines}```\n")), ["SG044 assert"]);
            assert_eq!(body_findings(&format!("```assert {{name=w}}\n{lines}```\n")), ["SG044 assert {name=w}"]);
        }
        assert_eq!(body_findings(&format!("{A}```output\n```\n")), [""; 0]);
    }
}
