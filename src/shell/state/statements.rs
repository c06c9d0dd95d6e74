//! The parts of a state's dump.

use std::ops::Range;

use memchr::{memchr, memchr2};

/// Splits what `declare -p`, `trap -p` or `alias -p` printed into its statements: at the newlines outside quotes.
pub(super) fn statements(dump: &[u8]) -> Vec<&[u8]> {
    places(dump).into_iter().map(|place| &dump[place]).collect()
}

/// Where the statements stand.
pub(super) fn places(dump: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < dump.len() {
        at = match dump[at] {
            b'\n' => {
                found.push(start..at);
                start = at + 1;
                start
            }
            b'\\' => at + 2,
            b'"' => skip_quoted(dump, at + 1, b'"', true),
            b'\'' => skip_quoted(dump, at + 1, b'\'', at > 0 && dump[at - 1] == b'$'),
            _ => at + 1,
        };
    }
    if start < dump.len() {
        found.push(start..dump.len());
    }
    found
}

/// The place behind the closing quote.
fn skip_quoted(dump: &[u8], mut at: usize, quote: u8, escapes: bool) -> usize {
    loop {
        let rest = dump.get(at..).unwrap_or_default();
        let found = if escapes { memchr2(quote, b'\\', rest) } else { memchr(quote, rest) };
        match found {
            Some(offset) if rest[offset] == quote => return at + offset + 1,
            Some(escape) => at += escape + 2,
            None => return dump.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::statements;

    #[test]
    fn a_newline_inside_quotes_does_not_end_a_statement() {
        let dump = b"a=\"x\\\"\ny\"\nb=$'\\'\nz'\nc='it'\\''s\n'\nd=1\n";
        let expected: [&[u8]; 4] = [b"a=\"x\\\"\ny\"", b"b=$'\\'\nz'", b"c='it'\\''s\n'", b"d=1"];
        assert_eq!(statements(dump), expected);
    }
}
