//! Bounds on an expression, looked at before the parser sees it: its recursion follows the text.

/// The longest expression, in bytes.
pub const MAX_BYTES: usize = 2 << 10;
/// The most operators, dots, commas and brackets in one.
pub const MAX_OPERATORS: usize = 256;
/// How deep brackets may be nested.
pub const MAX_DEPTH: usize = 32;

/// Walks over the bytes of `text` that are in no quoted text; `each` gets the place and the byte, and says whether to
/// go on.
pub fn outside_texts(text: &str, mut each: impl FnMut(usize, u8) -> bool) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        if matches!(byte, b'"' | b'\'') {
            at = text_end(bytes, at);
            continue;
        }
        if !each(at, byte) {
            return;
        }
        at += 1;
    }
}

/// The place behind the quoted text that opens at `open`; the end if it is never closed.
pub fn text_end(bytes: &[u8], open: usize) -> usize {
    find_end(bytes, open).unwrap_or(bytes.len())
}

fn find_end(bytes: &[u8], open: usize) -> Option<usize> {
    let quote = bytes[open];
    let raw = open > 0 && matches!(bytes[open - 1], b'r' | b'R');
    let triple = bytes[open..].starts_with(&[quote; 3]);
    let close: &[u8] = if triple { &[quote; 3] } else { &[quote] };
    let mut at = open + close.len();
    while at < bytes.len() {
        match bytes[at] {
            _ if bytes[at..].starts_with(close) => return Some(at + close.len()),
            b'\\' if !raw => at += 2,
            // Comments are cut off line by line, so no text goes over a line's end.
            b'\n' => return None,
            _ => at += 1,
        }
    }
    None
}

/// Whether every quoted text of the expression ends on the line that it begins on.
///
/// # Errors
///
/// The place of the first that does not.
pub fn closed(text: &str) -> Result<(), (usize, String)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        at = match bytes[at] {
            b'"' | b'\'' => find_end(bytes, at).ok_or_else(|| (at, "the quoted text does not end".to_owned()))?,
            _ => at + 1,
        };
    }
    Ok(())
}

/// Whether an expression is short and flat enough to be parsed.
///
/// # Errors
///
/// The place and what is too much.
pub fn check(text: &str) -> Result<(), (usize, String)> {
    if text.len() > MAX_BYTES {
        return Err((0, format!("the expression has {} bytes, more than {MAX_BYTES}", text.len())));
    }
    let (mut depth, mut operators, mut wrong) = (0usize, 0usize, None);
    outside_texts(text, |at, byte| {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        operators += usize::from(b"+-*/%<>=!&|?:.,([{".contains(&byte));
        if depth > MAX_DEPTH {
            wrong = Some((at, format!("the expression is nested deeper than {MAX_DEPTH}")));
        } else if operators > MAX_OPERATORS {
            wrong = Some((at, format!("the expression has more than {MAX_OPERATORS} operators")));
        }
        wrong.is_none()
    });
    wrong.map_or(Ok(()), Err)
}

/// Refuses `//` outside texts: to CEL the rest of the line is a comment, and a reader takes it for a part.
///
/// # Errors
///
/// Where it stands.
pub fn without_comment(text: &str) -> Result<(), (usize, String)> {
    let mut found = None;
    outside_texts(text, |at, byte| {
        if byte == b'/' && text.as_bytes().get(at + 1) == Some(&b'/') {
            found = Some(at);
        }
        found.is_none()
    });
    found.map_or(Ok(()), |at| Err((at, "`//` begins a comment, so the rest of the line would not count".to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_deep_and_chained_expressions_are_refused_and_texts_do_not_count() {
        assert!(
            check(&"(".repeat(40)).is_err() && check(&"!".repeat(300)).is_err() && check(&"a".repeat(3000)).is_err()
        );
        assert!(check("a == '((((((((((((((((((((((((((((((((((((((((((((((((((((((((((('").is_ok());
        assert!(check(r#"a.matches("\"((((((((((((((((((((((((((((((((((((((((((((((((((((((((((") && b"#).is_ok());
        assert!(check("'").is_ok() && check("'\\").is_ok() && check("'''").is_ok());
    }

    #[test]
    fn a_text_ends_on_its_own_line() {
        for good in ["a == 'b' && c", r#"r"\" == a"#, r#""\"" == a"#, "'''it's''' == a", "''", "\"#\""] {
            assert_eq!(closed(good), Ok(()), "{good}");
        }
        for bad in ["a == 'b", "'''a\nb'''", "\"a\nb\"", "'\\'", "r'\\''"] {
            assert!(closed(bad).is_err(), "{bad}");
        }
    }
}
