//! What was printed with a secret in it: the recording has the mask, and whether the secret would be accepted it cannot tell.

use super::recording::Streams;
use super::text::lines_of;
use crate::diagnostic::Span;
use crate::event::MASK;
use crate::expect::{LinePattern, compile, may_begin_and_end, unpartnered};
use std::collections::BTreeMap;

/// Whether a mask stands in what was printed.
pub fn is_masked(streams: &Streams) -> bool {
    [&streams.stdout, &streams.stderr].iter().any(|stream| memchr::memmem::find(stream, MASK.as_bytes()).is_some())
}

/// Whether an `output` block of these lines, which does not accept what was printed, might accept it with the secrets in place
/// of their masks. Of a line with a mask only what stands around it is known; one that is nothing but a mask may have been
/// several.
pub fn may_accept(written: &[String], printed: &[u8], variables: &BTreeMap<String, String>) -> bool {
    let Ok(block) = compile(written.iter().map(|line| (line.as_str(), Span::default())), variables) else {
        return false;
    };
    let lines = lines_of(printed);
    if !lines.iter().any(|line| line.contains(MASK)) {
        return false;
    }
    let accepts = |pattern: usize, line: usize| {
        let (pattern, line) = (&block.lines[pattern].pattern, &lines[line]);
        pattern.accepts(line) || (line.contains(MASK) && may_be(pattern, line))
    };
    match unpartnered(&block, lines.len(), &accepts) {
        Some((missing, extra)) => extra == 0 && (missing == 0 || lines.iter().any(|line| line == MASK)),
        None => true,
    }
}

/// Whether a line with masks in it may be one that a pattern accepts.
fn may_be(pattern: &LinePattern, line: &str) -> bool {
    let pieces: Vec<&str> = line.split(MASK).collect();
    let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else { return false };
    let wanted = match pattern {
        LinePattern::Literal(wanted) => wanted,
        LinePattern::Regex(regex) | LinePattern::Glob(regex) => return may_begin_and_end(regex, first, last),
        LinePattern::Any => return true,
    };
    let Some(mut rest) = wanted.strip_prefix(first).and_then(|rest| rest.strip_suffix(last)) else { return false };
    pieces[1..pieces.len().max(2) - 1].iter().all(|piece| match rest.find(piece) {
        Some(at) => {
            rest = &rest[at + piece.len()..];
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_around_a_mask_must_fit_and_the_rest_may_be_anything() {
        let may = |expected: &[&str], printed: &str| {
            let written: Vec<_> = expected.iter().map(|line| (*line).to_owned()).collect();
            may_accept(&written, printed.as_bytes(), &BTreeMap::new())
        };
        assert!(may(&["user admin created"], "user [secret] created\n"));
        assert!(!may(&["user admin deleted"], "user [secret] created\n"));
        assert!(may(&["tok [0-9a-f]{40} (re)"], "tok [secret]\n") && may(&["a?b (glob)"], "[secret]\n"));
        assert!(may(&["x1y2z"], "x[secret]y[secret]z\n") && !may(&["x1q2z"], "x[secret]y[secret]z\n"));
        assert!(may(&["\\S+ (re)", "\\S+ (re)", "done"], "[secret]\ndone\n"), "a secret of several lines");
        assert!(!may(&["tok \\w+ (re)", "up"], "tok [secret]\ndown\n"), "what is no secret is judged");
        assert!(!may(&["tik [0-9a-f]{40} (re)"], "tok [secret]\n") && !may(&["*x (glob)"], "[secret]y\n"));
        assert!(!may(&["a"], "b\n"));
    }
}
