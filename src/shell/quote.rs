//! Bytes as a shell reads them back: one line of ASCII.

/// Spells `bytes` as one bash word of printable ASCII on one line: `read -N` counts characters of whatever locale
/// a step has set, and a line of its own could be taken for a command to the outer shell.
pub(super) fn quote(bytes: &[u8]) -> String {
    if bytes.iter().all(|&byte| is_plain(byte)) {
        return format!("'{}'", String::from_utf8_lossy(bytes));
    }
    let mut word = String::with_capacity(bytes.len() + bytes.len() / 8 + 4);
    word.push_str("$'");
    for &byte in bytes {
        push_escaped(&mut word, byte);
    }
    word.push('\'');
    word
}

fn is_plain(byte: u8) -> bool {
    (b' '..=b'~').contains(&byte) && byte != b'\''
}

fn push_escaped(word: &mut String, byte: u8) {
    match byte {
        b'\n' => word.push_str("\\n"),
        b'\'' | b'\\' => word.extend(['\\', char::from(byte)]),
        b' '..=b'~' => word.push(char::from(byte)),
        _ => {
            word.push('\\');
            word.extend([byte >> 6, byte >> 3, byte].map(|digit| char::from(b'0' + (digit & 7))));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn every_byte_becomes_printable_ascii_on_one_line() {
        let all: Vec<u8> = (1..=255).collect();
        assert!(quote(&all).bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        assert_eq!(quote("a'\n\u{e9}\\".as_bytes()), r"$'a\'\n\303\251\\'");
        assert_eq!(quote(br"a\b $x"), r"'a\b $x'");
    }
}
