//! A step's output behind stepgate's own margin: every line of it carries a mark, also where the terminal would
//! wrap it, so that no output can pass for stepgate's own words.

use crate::text::escape_line;
use unicode_width::UnicodeWidthChar as _;

/// A longer line is cut in the view, in bytes.
const MAX_LINE: usize = 1024;

/// Cuts bytes into lines and puts the mark before each.
#[derive(Debug, Default)]
pub struct Margin {
    line: Vec<u8>,
    cut: usize,
}

impl Margin {
    /// Takes bytes as they come; `each` gets every whole line, escaped, without its end.
    pub fn feed(&mut self, mut bytes: &[u8], each: &mut dyn FnMut(&str)) {
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            self.extend(&bytes[..end]);
            self.flush(true, each);
            bytes = &bytes[end + 1..];
        }
        self.extend(bytes);
    }

    /// The stream has ended: hands over what has no line end.
    pub fn finish(&mut self, each: &mut dyn FnMut(&str)) {
        self.flush(false, each);
    }

    fn extend(&mut self, bytes: &[u8]) {
        let room = MAX_LINE.saturating_sub(self.line.len()).min(bytes.len());
        self.line.extend_from_slice(&bytes[..room]);
        self.cut += bytes.len() - room;
    }

    fn flush(&mut self, even_if_empty: bool, each: &mut dyn FnMut(&str)) {
        if self.line.is_empty() && !even_if_empty {
            return;
        }
        let text = String::from_utf8_lossy(&self.line);
        let text = escape_line(text.strip_suffix('\r').unwrap_or(&text));
        match self.cut {
            0 => each(&text),
            cut => each(&format!("{text}… ({cut} more bytes in this line)")),
        }
        self.line.clear();
        self.cut = 0;
    }
}

/// Cuts a line into pieces of at most `width` columns; `None` leaves it whole.
pub fn wrap(line: &str, width: Option<usize>) -> Vec<String> {
    let Some(width) = width.map(|width| width.max(8)) else { return vec![line.to_owned()] };
    let mut pieces = vec![String::new()];
    let mut column = 0;
    for c in line.chars() {
        // A tab is as wide as the terminal pleases: counted at its widest.
        let wide = if c == '\t' { 8 } else { c.width().unwrap_or(0) };
        if column + wide > width {
            pieces.push(String::new());
            column = 0;
        }
        column += wide;
        pieces.last_mut().expect("never empty").push(c);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(chunks: &[&[u8]]) -> Vec<String> {
        let (mut margin, mut lines) = (Margin::default(), Vec::new());
        chunks.iter().for_each(|chunk| margin.feed(chunk, &mut |line| lines.push(line.to_owned())));
        margin.finish(&mut |line| lines.push(line.to_owned()));
        lines
    }

    #[test]
    fn control_characters_are_shown_and_not_sent() {
        assert_eq!(lines(&[b"a\x1b[2Jb\rc\r\n\n", b"\xc3", b"\xa9\x9b1m"]), ["a\\x1b[2Jb\\rc", "", "é\u{fffd}1m"]);
    }

    #[test]
    fn endless_lines_are_cut_and_wide_ones_are_wrapped() {
        let long = lines(&[&[b'x'; 10_000], b"\n"]);
        assert!(long[0].ends_with("… (8976 more bytes in this line)") && long.len() == 1);
        assert_eq!(wrap("abcdefghij", Some(8)), ["abcdefgh", "ij"]);
        assert_eq!(wrap("世界世界世界", Some(8)), ["世界世界", "世界"]);
        assert_eq!(wrap("", Some(8)), [""]);
    }
}
