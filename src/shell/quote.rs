//! Bytes as a shell reads them back: one line of ASCII where that can be had.

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
        _ => push_octal(word, byte),
    }
}

fn push_octal(word: &mut String, byte: u8) {
    word.push('\\');
    word.extend([byte >> 6, byte >> 3, byte].map(|digit| char::from(b'0' + (digit & 7))));
}

/// Spells `bytes` as a word of any shell.
pub(super) fn posix_quote(bytes: &[u8]) -> Vec<u8> {
    posix_word(bytes, b"\n")
}

/// Spells `bytes` as a word of an `sh` on one line, which is what its `read` takes at once: the driver has a newline in
/// `__sg_nl`.
pub(super) fn posix_line(bytes: &[u8]) -> Vec<u8> {
    posix_word(bytes, b"'\"$__sg_nl\"'")
}

fn posix_word(bytes: &[u8], newline: &[u8]) -> Vec<u8> {
    let mut word = Vec::with_capacity(bytes.len() + bytes.len() / 8 + 2);
    word.push(b'\'');
    for &byte in bytes {
        match byte {
            b'\'' => word.extend(b"'\\''"),
            b'\n' => word.extend(newline),
            _ => word.push(byte),
        }
    }
    word.push(b'\'');
    word
}

/// A format, in single quotes, from which every shell's `printf` makes `bytes`, NUL and all.
pub(super) fn printf_format(bytes: &[u8]) -> String {
    let mut word = String::with_capacity(bytes.len() + bytes.len() / 4 + 2);
    word.push('\'');
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'\n' => word.push_str("\\n"),
            b'%' => word.push_str("%%"),
            b'\\' => word.push_str("\\\\"),
            // What looks like an option.
            b'-' if at == 0 => push_octal(&mut word, byte),
            _ if is_plain(byte) => word.push(char::from(byte)),
            _ => push_octal(&mut word, byte),
        }
    }
    word.push('\'');
    word
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::{posix_line, posix_quote, printf_format, quote};

    #[test]
    fn every_byte_becomes_printable_ascii_on_one_line() {
        let all: Vec<u8> = (0..=255).collect();
        for word in [quote(&all), printf_format(&all)] {
            assert!(word.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        }
        assert_eq!(quote("a'\n\u{e9}\\".as_bytes()), r"$'a\'\n\303\251\\'");
        assert_eq!(quote(br"a\b $x"), r"'a\b $x'");
        assert_eq!(posix_quote(b"it's\n"), b"'it'\\''s\n'");
        assert!(!posix_line(b"a\nb").contains(&b'\n'));
    }

    #[test]
    fn every_shell_makes_the_same_bytes_of_a_format() {
        let mut all: Vec<u8> = b"-v %s%%\\n".to_vec();
        all.extend(0..=255);
        all.extend(b"0\x00001\n7");
        for shell in [&["bash"] as &[&str], &["dash"], &["busybox", "sh"], &["bash", "--posix"]] {
            let script = format!("printf {}", printf_format(&all));
            let output = Command::new(shell[0]).args(&shell[1..]).args(["-c", &script]).output().expect("a shell");
            assert_eq!(output.stdout, all, "{shell:?}");
        }
    }
}
