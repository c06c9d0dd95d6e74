//! Finds so many letters of an encoding in a row, whatever stands before and behind them and wherever lines break.
//!
//! A window is a number, with the same bits for each letter: a secret of 128 KiB has half a million of them, and a
//! binary search over numbers is made in no time, where an automaton would need a state for each letter of each.

use super::forms::Coded;

/// What an encoding is written in.
pub struct Alphabet {
    /// Of a letter.
    bits: u32,
    /// Letters of a window.
    pub length: usize,
    /// What a byte means; [`NONE`] for a byte that is no letter.
    letters: [u8; 256],
}

const NONE: u8 = 0xff;
/// A line break and the margin behind it are no longer: a filter holds them back.
const MOST_BREAK: u8 = 32;

/// Six bytes of a value; both alphabets are one.
pub static BASE64: Alphabet = Alphabet::new(
    6,
    8,
    &[
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
    ],
);
/// Eight bytes of a value; both cases are one.
pub static HEX: Alphabet = Alphabet::new(4, 16, &[b"0123456789abcdef", b"0123456789ABCDEF"]);

impl Alphabet {
    const fn new(bits: u32, length: usize, spellings: &[&[u8]]) -> Self {
        let mut letters = [NONE; 256];
        let mut spelling = 0;
        while spelling < spellings.len() {
            let mut at = 0;
            while at < spellings[spelling].len() {
                letters[spellings[spelling][at] as usize] = at as u8;
                at += 1;
            }
            spelling += 1;
        }
        Self { bits, length, letters }
    }

    /// The windows of a text of letters, in their order; none if it is shorter than one.
    pub fn windows(&self, text: &str) -> impl Iterator<Item = u64> {
        let mut tail = Tail::default();
        text.bytes().filter_map(move |byte| {
            tail = tail.next(self, byte);
            (tail.letters == self.length).then(|| tail.code & self.mask(self.length))
        })
    }

    /// So many letters.
    fn mask(&self, letters: usize) -> u64 {
        u64::MAX >> (u64::BITS - self.bits * u32::try_from(letters).unwrap_or(0))
    }
}

/// The letters that a text ends in.
#[derive(Clone, Copy, Default)]
pub struct Tail {
    code: u64,
    /// At most a window's.
    letters: usize,
    /// Those behind the last line break.
    unbroken: usize,
    /// Bytes of a line break and a margin behind them.
    gap: u8,
}

impl Tail {
    /// One byte further.
    fn next(self, alphabet: &Alphabet, byte: u8) -> Self {
        let letter = alphabet.letters[usize::from(byte)];
        let breaks = matches!(byte, b'\n' | b'\r') || (self.gap > 0 && matches!(byte, b' ' | b'\t'));
        match letter {
            NONE if breaks && self.letters > 0 && self.gap < MOST_BREAK => {
                Self { unbroken: 0, gap: self.gap + 1, ..self }
            }
            NONE => Self::default(),
            letter => Self {
                code: self.code << alphabet.bits | u64::from(letter),
                letters: alphabet.length.min(self.letters + 1),
                unbroken: alphabet.length.min(self.unbroken + 1),
                gap: 0,
            },
        }
    }
}

/// Windows to look for.
pub struct Windows {
    alphabet: &'static Alphabet,
    /// Found where no line breaks inside.
    inner: Set,
    /// Found also where lines break inside: the first and the last window of a text. Where lines are as long as a
    /// window, these and the others cover all of it.
    edges: Set,
}

impl Windows {
    /// All these, of this alphabet.
    pub fn new<'c>(alphabet: &'static Alphabet, all: impl Iterator<Item = &'c Coded> + Clone) -> Self {
        let inner = all.clone().flat_map(|coded| &coded.inner).copied().collect();
        let edges = all.flat_map(|coded| &coded.edges).copied().collect();
        Self { alphabet, inner: Set::new(inner), edges: Set::new(edges) }
    }

    /// One byte further.
    pub fn next(&self, tail: Tail, byte: u8) -> Tail {
        tail.next(self.alphabet, byte)
    }

    /// The length of the window that a text ends in; 0 if it ends in none. `tail` is that of `text`.
    pub fn ended(&self, tail: Tail, text: &[u8]) -> usize {
        let window = self.alphabet.length;
        // A margin behind a window is no part of it.
        if tail.letters < window || tail.gap > 0 {
            return 0;
        }
        let code = tail.code & self.alphabet.mask(window);
        match tail.unbroken >= window && self.inner.has(code) {
            true => window,
            false if self.edges.has(code) => self.reach(text, window),
            false => 0,
        }
    }

    /// How many of the last bytes of a text are the beginning of a window. `tail` is that of `text`.
    pub fn begun(&self, tail: Tail, text: &[u8]) -> usize {
        let longest = |set: &Set, letters: usize| {
            let lengths = (1..=letters.min(self.alphabet.length - 1)).rev();
            lengths
                .into_iter()
                .find(|length| set.begins(tail.code & self.alphabet.mask(*length), *length, self.alphabet))
        };
        let unbroken = if tail.gap > 0 { None } else { longest(&self.inner, tail.unbroken) };
        let broken = longest(&self.edges, tail.letters).map(|letters| self.reach(text, letters));
        unbroken.unwrap_or(0).max(broken.unwrap_or(0))
    }

    /// The bytes that the last letters of a text take up, with the line breaks between and behind them.
    fn reach(&self, text: &[u8], letters: usize) -> usize {
        let places = text.iter().enumerate().rev();
        let mut places = places.filter(|(_, byte)| self.alphabet.letters[usize::from(**byte)] != NONE);
        places.nth(letters - 1).map_or(0, |(at, _)| text.len() - at)
    }
}

/// Numbers in their order, and a rough answer to which are not among them.
struct Set {
    sorted: Vec<u64>,
    /// One bit for all numbers with the same hash; a power of two of words, or none.
    hashes: Vec<u64>,
}

impl Set {
    fn new(mut windows: Vec<u64>) -> Self {
        windows.sort_unstable();
        windows.dedup();
        let words = if windows.is_empty() { 0 } else { (windows.len() / 4).next_power_of_two() };
        let mut set = Self { sorted: windows, hashes: vec![0; words] };
        for at in 0..set.sorted.len() {
            let (word, bit) = set.place(set.sorted[at]);
            set.hashes[word] |= bit;
        }
        set
    }

    fn place(&self, window: u64) -> (usize, u64) {
        // Fibonacci hashing.
        let hash = window.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 24;
        ((hash >> 6) as usize & (self.hashes.len() - 1), 1 << (hash & 63))
    }

    fn has(&self, window: u64) -> bool {
        if self.sorted.is_empty() {
            return false;
        }
        let (word, bit) = self.place(window);
        self.hashes[word] & bit != 0 && self.sorted.binary_search(&window).is_ok()
    }

    /// Whether one begins with these letters.
    fn begins(&self, code: u64, letters: usize, alphabet: &Alphabet) -> bool {
        let rest = alphabet.bits * u32::try_from(alphabet.length - letters).unwrap_or(0);
        let first = code << rest;
        let at = self.sorted.partition_point(|window| *window < first);
        self.sorted.get(at).is_some_and(|window| window >> rest == code)
    }
}
