//! Finds occurrences byte by byte, and knows at each byte how much may yet become one.

use super::forms::Forms;
use super::windows::{BASE64, HEX, Tail, Windows};
use aho_corasick::automaton::{Automaton as _, StateID};
use aho_corasick::nfa::noncontiguous::NFA;
use aho_corasick::{Anchored, BuildError};
use std::collections::BTreeSet;

/// Where the finder stands in a text.
#[derive(Clone, Copy)]
pub struct State {
    texts: StateID,
    letters: Tail,
    digits: Tail,
}

/// Finds all forms at once, in time linear in the text.
pub struct Finder {
    nfa: NFA,
    start: StateID,
    /// By state.
    places: Vec<Place>,
    letters: Windows,
    digits: Windows,
}

/// What the bytes that were read so far end in.
#[derive(Clone, Copy, Default)]
struct Place {
    /// So many bytes are the beginning of a form.
    begun: u32,
    /// So many bytes are a whole form, the longest one that ends here; 0 if none does.
    ended: u32,
}

impl Finder {
    /// A finder of all these forms.
    ///
    /// # Errors
    ///
    /// If they are too many.
    pub fn new<'f>(forms: impl Iterator<Item = &'f Forms> + Clone) -> Result<Self, BuildError> {
        let texts: BTreeSet<&[u8]> = forms.clone().flat_map(|forms| &forms.texts).map(Vec::as_slice).collect();
        let nfa = NFA::builder().prefilter(false).build(&texts)?;
        let start = nfa.start_state(Anchored::No).expect("an automaton of this kind looks everywhere");
        let letters = Windows::new(&BASE64, forms.clone().map(|forms| &forms.letters));
        let digits = Windows::new(&HEX, forms.map(|forms| &forms.digits));
        let mut finder = Self { nfa, start, places: Vec::new(), letters, digits };
        for form in texts {
            finder.walk(form);
        }
        Ok(finder)
    }

    /// Follows a form: behind its first n bytes the automaton is in the state that stands for these n bytes.
    fn walk(&mut self, form: &[u8]) {
        let mut state = self.start;
        for (before, byte) in form.iter().enumerate() {
            state = self.nfa.next_state(Anchored::No, state, *byte);
            let matches = if self.nfa.is_match(state) { self.nfa.match_len(state) } else { 0 };
            let lengths = (0..matches).map(|at| self.nfa.pattern_len(self.nfa.match_pattern(state, at)));
            let ended = to_u32(lengths.max().unwrap_or(0));
            if self.places.len() <= state.as_usize() {
                self.places.resize(state.as_usize() + 1, Place::default());
            }
            self.places[state.as_usize()] = Place { begun: to_u32(before + 1), ended };
        }
    }

    /// Where every text begins.
    pub fn start(&self) -> State {
        State { texts: self.start, letters: Tail::default(), digits: Tail::default() }
    }

    /// One byte further.
    pub fn next(&self, state: State, byte: u8) -> State {
        State {
            texts: self.nfa.next_state(Anchored::No, state.texts, byte),
            letters: self.letters.next(state.letters, byte),
            digits: self.digits.next(state.digits, byte),
        }
    }

    /// The length of the longest form that a text ends in; 0 if it ends in none. `state` is that behind `text`.
    pub fn ended(&self, state: State, text: &[u8]) -> usize {
        let letters = self.letters.ended(state.letters, text);
        let digits = self.digits.ended(state.digits, text);
        letters.max(digits).max(self.place(state).ended as usize)
    }

    /// How many of the last bytes of a text are the beginning of a form; all before them is decided. `state` is that
    /// behind `text`.
    pub fn begun(&self, state: State, text: &[u8]) -> usize {
        let letters = self.letters.begun(state.letters, text);
        let digits = self.digits.begun(state.digits, text);
        letters.max(digits).max(self.place(state).begun as usize)
    }

    fn place(&self, state: State) -> Place {
        self.places.get(state.texts.as_usize()).copied().unwrap_or_default()
    }

    /// Whether a form occurs anywhere.
    pub fn occurs_in(&self, text: &[u8]) -> bool {
        let mut state = self.start();
        text.iter().enumerate().any(|(at, byte)| {
            state = self.next(state, *byte);
            self.ended(state, &text[..=at]) > 0
        })
    }
}

/// Forms are cut into pieces: none comes near four gigabytes.
fn to_u32(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
