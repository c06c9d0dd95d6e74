//! Bytes to text: what a runbook file may be made of.

use crate::diagnostic::{Code, Diagnostic, Refused, Source, Span};

/// The largest runbook, in bytes.
pub const MAX_BYTES: usize = 16 << 20;
/// The longest line of a runbook, in bytes.
const MAX_LINE: usize = 1 << 20;
/// UTF-8's byte order mark, which is accepted and kept.
pub const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Takes the bytes of the file `name` for text, or says which byte is none.
pub fn decode(name: &str, bytes: Vec<u8>) -> Result<Source, Box<Refused>> {
    let refuse = |offset: usize, code, message: String, help: &str| {
        let mut readable = String::from_utf8_lossy(&bytes[..offset]).into_owned();
        let at = readable.len();
        let rest = bytes[offset..].split(|byte| *byte == b'\n').next().unwrap_or_default();
        readable.push_str(&String::from_utf8_lossy(&rest[..rest.len().min(MAX_LINE)]));
        let end = at + readable[at..].chars().next().map_or(0, char::len_utf8);
        let found = Diagnostic::error(code, Span::new(at, end), message).help(help);
        Err(Refused::new(Source::new(name, readable), vec![found]))
    };
    if bytes.len() > MAX_BYTES {
        let message = format!("the file has {} bytes, more than the {MAX_BYTES} of a runbook", bytes.len());
        return refuse(0, Code::File, message, "split it into several runbooks");
    }
    if let Some((message, help)) = wide_characters(&bytes) {
        return refuse(0, Code::Encoding, message, help);
    }
    if let Err(error) = std::str::from_utf8(&bytes) {
        let offset = error.valid_up_to();
        return refuse(offset, Code::Encoding, format!("invalid UTF-8 at byte {offset}"), "save the file as UTF-8");
    }
    if let Some((offset, c)) = control_character(&bytes) {
        let name = if c == '\0' { "NUL".to_owned() } else { format!("the control character U+{:04X}", c as u32) };
        return refuse(
            offset,
            Code::Encoding,
            format!("{name} at byte {offset}"),
            "remove it: it could drive a reader's terminal",
        );
    }
    let source = Source::new(name, String::from_utf8(bytes).expect("checked above"));
    match overlong_line(&source) {
        Some(found) => Err(Refused::new(source, vec![found])),
        None => Ok(source),
    }
}

/// Text of two or four bytes a character, by its mark, or by where its first characters have NUL bytes: a runbook begins
/// with `---`.
fn wide_characters(bytes: &[u8]) -> Option<(String, &'static str)> {
    let first = bytes.first_chunk::<4>().copied().unwrap_or([1; 4]);
    let (is, name, help) = match (first, first.map(|byte| byte == 0)) {
        // Before UTF-16: its mark begins like that of UTF-32.
        ([0xff, 0xfe, 0, 0] | [0, 0, 0xfe, 0xff], _) => ("is", "UTF-32", "convert it: iconv -f UTF-32 -t UTF-8"),
        (_, [false, true, true, true]) => ("looks like", "UTF-32", "convert it: iconv -f UTF-32LE -t UTF-8"),
        (_, [true, true, true, false]) => ("looks like", "UTF-32", "convert it: iconv -f UTF-32BE -t UTF-8"),
        (_, [false, true, false, true]) => ("looks like", "UTF-16", "convert it: iconv -f UTF-16LE -t UTF-8"),
        (_, [true, false, true, false]) => ("looks like", "UTF-16", "convert it: iconv -f UTF-16BE -t UTF-8"),
        _ if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) => {
            ("is", "UTF-16", "convert it: iconv -f UTF-16 -t UTF-8")
        }
        _ => return None,
    };
    Some((format!("the file {is} {name} text, a runbook is UTF-8"), help))
}

/// The first control character that is neither tab nor line end: a page is read in terminals, too.
fn control_character(bytes: &[u8]) -> Option<(usize, char)> {
    let text = std::str::from_utf8(bytes).ok()?;
    text.char_indices().find(|(_, c)| c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
}

fn overlong_line(source: &Source) -> Option<Diagnostic> {
    let long = source.text.split('\n').find(|line| line.len() > MAX_LINE)?;
    let start = long.as_ptr() as usize - source.text.as_ptr() as usize;
    let message = format!("the line has {} bytes, more than {MAX_LINE}", long.len());
    Some(Diagnostic::error(Code::File, Span::new(start, start), message).help("keep data in a file of its own"))
}

/// Whether the text claims to be a runbook: front matter with a `stepgate` key. Folder walks take only such files.
pub fn declares_runbook(text: &str) -> bool {
    let mut lines = text.trim_start_matches(BYTE_ORDER_MARK).lines();
    lines.next().is_some_and(|line| line.trim_end() == "---")
        && lines.take_while(|line| line.trim_end() != "---").any(|line| line.starts_with("stepgate:"))
}
