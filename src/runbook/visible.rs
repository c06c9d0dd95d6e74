//! What a reader cannot see may not stand where it matters (docs/format.md §2).

use super::scan::Fence;
use crate::diagnostic::{Code, Diagnostic, Span};

/// Findings on the lines of a fence; `what` they are, and what to do instead.
pub fn in_lines(fence: &Fence, what: &str, help: &str) -> Vec<Diagnostic> {
    let bad = |c: char| c != '\t' && crate::text::is_dangerous(c);
    let lines = fence.lines.iter();
    let found = lines.filter_map(|line| {
        let (at, c) = line.text.char_indices().find(|(_, c)| bad(*c))?;
        Some(invisible(c, line.part(at..at + c.len_utf8()), what).help(help))
    });
    found.collect()
}

/// A finding on the text of a heading or an item.
pub fn in_text(text: &str, span: Span, what: &str) -> Option<Diagnostic> {
    let c = text.chars().find(|&c| crate::text::is_dangerous(c))?;
    Some(invisible(c, span, what).help("remove it"))
}

fn invisible(c: char, span: Span, what: &str) -> Diagnostic {
    let name = match c {
        '\r' => "a carriage return without a newline (U+000D)".to_owned(),
        c => format!("the character U+{:04X}", c as u32),
    };
    Diagnostic::error(Code::Script, span, format!("the {what} holds {name}, which a reader cannot see"))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{body_findings, read, step, with_body};

    #[test]
    fn what_drives_a_terminal_or_hides_is_refused_by_its_number() {
        for c in ['\u{202e}', '\u{2066}', '\u{200b}', '\u{feff}', '\u{ad}', '\u{9b}', '\u{1b}'] {
            for body in [
                format!("```bash {{name=a}}\nls{c}\n```\n"),
                format!("# A{c}\n- [ ] b\n"),
                format!("- [ ] a{c}\n"),
                format!("```bash {{name=a}}\nls\n```\n```output\n{c}\n```\n"),
                format!("```assert {{name=a}}\n\"{c}\" == \"\"\n```\n"),
            ] {
                let found = read(&format!("---\nstepgate: 1\n---\n{body}")).unwrap_err();
                assert_eq!((found.len(), found[0].code.as_str()), (1, "SG033"), "{body:?}");
                assert!(found[0].message.contains(&format!("U+{:04X}", c as u32)), "{}", found[0].message);
            }
        }
        assert_eq!(body_findings("- [ ] a\u{301} – ünïcode 日本\n"), [""; 0]);
    }

    #[test]
    fn a_lone_carriage_return_in_a_script_is_an_error_and_crlf_is_not() {
        assert_eq!(body_findings("```bash {name=a}\nls\rrm\n```\n"), ["SG033 \r"]);
        let runbook = with_body("```bash {name=a}\r\nls\r\n\tid\r\n```\r\n");
        assert_eq!(step(&runbook, "a").script_text(), "ls\n\tid");
    }
}
