//! What a shell has quoted, as bytes again.

/// Reads words from the front of a text.
pub(super) struct Words<'a> {
    pub rest: &'a [u8],
}

/// The bytes that the whole of `text` spells as one word; `None` if it is not one, or a shell would expand it.
pub(super) fn word(text: &[u8]) -> Option<Vec<u8>> {
    let mut words = Words { rest: text };
    let word = words.word(b"")?;
    words.rest.is_empty().then_some(word)
}

impl Words<'_> {
    /// Takes this byte, if it comes next.
    pub fn take(&mut self, byte: u8) -> Option<()> {
        self.rest = self.rest.strip_prefix(&[byte])?;
        Some(())
    }

    /// Takes this byte if it comes next, and says whether it did.
    pub fn take_if(&mut self, byte: u8) -> bool {
        self.take(byte).is_some()
    }

    /// Takes a word, up to one of the bytes in `stops` outside quotes, or to the end.
    pub fn word(&mut self, stops: &[u8]) -> Option<Vec<u8>> {
        let mut word = Vec::new();
        while let Some(&byte) = self.rest.first()
            && !stops.contains(&byte)
        {
            self.rest = &self.rest[1..];
            match byte {
                b'\'' => self.single(&mut word)?,
                b'"' => self.double(&mut word)?,
                b'$' => {
                    self.take(b'\'')?;
                    self.ansi(&mut word)?;
                }
                b'\\' => word.push(self.next().filter(|&byte| byte != b'\n')?),
                _ if byte.is_ascii_whitespace() || b"`;&|<>()".contains(&byte) => return None,
                _ => word.push(byte),
            }
        }
        Some(word)
    }

    fn next(&mut self) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(byte)
    }

    fn single(&mut self, word: &mut Vec<u8>) -> Option<()> {
        let end = memchr::memchr(b'\'', self.rest)?;
        word.extend(&self.rest[..end]);
        self.rest = &self.rest[end + 1..];
        Some(())
    }

    fn double(&mut self, word: &mut Vec<u8>) -> Option<()> {
        loop {
            match self.next()? {
                b'"' => return Some(()),
                b'$' | b'`' => return None,
                b'\\' => match self.next()? {
                    byte @ (b'$' | b'`' | b'"' | b'\\') => word.push(byte),
                    b'\n' => {}
                    byte => word.extend([b'\\', byte]),
                },
                byte => word.push(byte),
            }
        }
    }

    /// What stands in `$'…'`. `\u` and `\c` are not known: no shell prints them.
    fn ansi(&mut self, word: &mut Vec<u8>) -> Option<()> {
        loop {
            match self.next()? {
                b'\'' => return Some(()),
                b'\\' => {
                    let byte = self.next()?;
                    word.push(self.escaped(byte)?);
                }
                byte => word.push(byte),
            }
        }
    }

    fn escaped(&mut self, byte: u8) -> Option<u8> {
        Some(match byte {
            b'a' => 7,
            b'b' => 8,
            b'e' | b'E' => 27,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 11,
            b'\\' | b'\'' | b'"' | b'?' => byte,
            b'x' => self.number(16, 2)?,
            b'0'..=b'7' => {
                let first = byte - b'0';
                let (before, more) = (self.rest.len(), self.number(8, 2).unwrap_or(0));
                let shift = 3 * u32::try_from(before - self.rest.len()).ok()?;
                (u32::from(first) << shift | u32::from(more)).try_into().ok()?
            }
            _ => return None,
        })
    }

    /// At most so many digits, and at least one.
    fn number(&mut self, radix: u32, most: usize) -> Option<u8> {
        let is_digit = |byte: &&u8| char::from(**byte).is_digit(radix);
        let length = self.rest.iter().take(most).take_while(is_digit).count();
        let number = u8::from_str_radix(str::from_utf8(&self.rest[..length]).ok()?, radix).ok()?;
        self.rest = &self.rest[length..];
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn every_way_to_quote_is_read() {
        for (text, bytes) in [
            (r#""a\"b\\\$\`c'\d""#, br#"a"b\$`c'\d"# as &[u8]),
            (r"$'\a\b\E\f\n\r\t\v\\\'\1\12\123\377\x41z'", b"\x07\x08\x1b\x0c\n\r\t\x0b\\'\x01\nS\xffAz"),
            ("'it'\\''s\n'", b"it's\n"),
            ("'it'\"'\"'s'", b"it's"),
            ("plain-é", "plain-é".as_bytes()),
            ("$'\\0441'", b"$1"),
            ("", b""),
        ] {
            assert_eq!(word(text.as_bytes()).expect(text), bytes, "{text}");
        }
    }

    #[test]
    fn what_a_shell_would_expand_or_end_is_no_word() {
        for text in [
            "$x", "\"$x\"", "\"`x`\"", "`x`", "$(x)", "a b", "a;b", "'a", "\"a", "$'a", "$\"a\"", "a\\", "a\nb",
            "$'\\u41'",
        ] {
            assert!(word(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn what_we_quote_ourselves_is_read_again() {
        let all: Vec<u8> = (1..=255).collect();
        assert_eq!(word(crate::shell::quote::quote(&all).as_bytes()).expect("bash"), all);
        assert_eq!(word(&crate::shell::quote::posix_quote(&all)).expect("sh"), all);
    }
}
