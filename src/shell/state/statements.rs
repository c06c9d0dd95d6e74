//! The parts of a state's dump.

/// Splits what `declare -p`, `trap -p` or `alias -p` printed into its statements: at the newlines outside quotes.
pub(super) fn statements(dump: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < dump.len() {
        at = match dump[at] {
            b'\n' => {
                found.push(&dump[start..at]);
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
        found.push(&dump[start..]);
    }
    found
}

/// The place behind the closing quote.
fn skip_quoted(dump: &[u8], mut at: usize, quote: u8, escapes: bool) -> usize {
    while at < dump.len() && dump[at] != quote {
        at += if escapes && dump[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
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
