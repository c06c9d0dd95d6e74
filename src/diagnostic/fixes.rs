//! Findings mended where they say how.

use super::{Diagnostic, Fix, Source};

/// The source's text with every fix of `found` made that overlaps none before it, and how many those are.
pub fn fixed(source: &Source, found: &[Diagnostic]) -> (String, usize) {
    let mut fixes: Vec<&Fix> = found.iter().filter_map(|found| found.fix.as_deref()).collect();
    fixes.sort_by_key(|fix| (fix.span.start, fix.span.end));
    let (mut text, mut at, mut made) = (String::with_capacity(source.text.len()), 0, 0);
    for Fix { span, text: new } in fixes {
        if span.start < at || span.end > source.text.len() {
            continue;
        }
        text.push_str(&source.text[at..span.start]);
        text.push_str(new);
        (at, made) = (span.end, made + 1);
    }
    text.push_str(&source.text[at..]);
    (text, made)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Code, Span};

    #[test]
    fn fixes_that_overlap_are_left_for_the_next_time() {
        let source = Source::new("x", "one two three");
        let fix = |start, end, text: &str| {
            Diagnostic::error(Code::Script, Span::default(), "x").fix(Span::new(start, end), text)
        };
        let found = [fix(4, 7, "2"), fix(0, 3, "1"), fix(2, 5, "?"), fix(13, 13, "!")];
        assert_eq!(fixed(&source, &found), ("1 2 three!".to_owned(), 3));
    }
}
