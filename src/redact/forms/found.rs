//! What is found for a value: texts, and windows of its encodings.

use super::super::windows::{Alphabet, BASE64, HEX};
use super::{base64, hex};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// All that is looked for.
#[derive(Default)]
pub struct Forms {
    /// Each once, none of them empty.
    pub texts: BTreeSet<Vec<u8>>,
    /// Of base64.
    pub letters: Coded,
    /// Of hex.
    pub digits: Coded,
}

/// Windows of an encoding.
#[derive(Clone, Default)]
pub struct Coded {
    /// All of them.
    pub inner: Vec<u64>,
    /// The first and the last ones of texts.
    pub edges: Vec<u64>,
}

/// Windows of a run of the same sign, and of a deep margin: they stand in other texts, too, and give nothing away.
static DULL: LazyLock<(BTreeSet<u64>, BTreeSet<u64>)> = LazyLock::new(|| {
    let signs = ('\u{1}'..='\u{7f}').filter(|c| !c.is_alphanumeric()).map(|c| String::from_iter([c; 24]));
    let (mut letters, mut digits) = (Coded::default(), Coded::default());
    for text in signs.chain([format!("\n{}", " ".repeat(24))]) {
        let once = base64::letters(text.as_bytes());
        once.iter().chain(&base64::twice(text.as_bytes())).for_each(|text| letters.add(&BASE64, text));
        digits.add(&HEX, &hex::digits(text.as_bytes()));
    }
    (BTreeSet::from_iter(letters.inner), BTreeSet::from_iter(digits.inner))
});

impl Forms {
    /// Each window once, and none that stands in other texts, too.
    pub fn tidy(&mut self) {
        self.texts.retain(|form| !form.is_empty());
        self.letters.tidy(&DULL.0);
        self.digits.tidy(&DULL.1);
    }

    /// How much there is to look for, in bytes.
    pub fn size(&self) -> usize {
        let windows = [&self.letters, &self.digits].map(|coded| coded.inner.len() + coded.edges.len());
        let texts: usize = self.texts.iter().map(Vec::len).sum();
        texts + windows.into_iter().sum::<usize>() * size_of::<u64>()
    }
}

impl Coded {
    /// The windows of a text of letters, found also where lines break in the first and the last one.
    pub fn add(&mut self, alphabet: &Alphabet, text: &str) {
        let first = self.inner.len();
        self.add_inner(alphabet, text);
        if let (Some(edge), Some(other)) = (self.inner.get(first), self.inner[first..].last()) {
            self.edges.extend([*edge, *other]);
        }
    }

    /// The windows of a text of letters.
    pub fn add_inner(&mut self, alphabet: &Alphabet, text: &str) {
        self.inner.extend(alphabet.windows(text));
    }

    fn tidy(&mut self, dull: &BTreeSet<u64>) {
        for windows in [&mut self.inner, &mut self.edges] {
            windows.sort_unstable();
            windows.dedup();
            windows.retain(|window| !dull.contains(window));
            windows.shrink_to_fit();
        }
    }
}
