//! Finds occurrences byte by byte, and knows at each byte how much may yet become one.

use aho_corasick::automaton::Automaton as _;
use aho_corasick::nfa::noncontiguous::NFA;
use aho_corasick::{Anchored, BuildError};
use std::collections::BTreeSet;

/// Where the finder stands in a text.
pub type State = aho_corasick::automaton::StateID;

/// Finds all forms at once, in time linear in the text.
pub struct Finder {
    nfa: NFA,
    start: State,
    /// By state.
    places: Vec<Place>,
}

/// What the bytes that were read so far end in.
#[derive(Clone, Copy, Default)]
pub struct Place {
    /// So many bytes are the beginning of a form; all before them is decided.
    pub begun: u32,
    /// So many bytes are a whole form, the longest one that ends here; 0 if none does.
    pub ended: u32,
}

impl Finder {
    /// A finder of these forms, none of which is empty.
    ///
    /// # Errors
    ///
    /// If they are too many.
    pub fn new(forms: &BTreeSet<Vec<u8>>) -> Result<Self, BuildError> {
        let nfa = NFA::builder().prefilter(false).build(forms)?;
        let start = nfa.start_state(Anchored::No).expect("an automaton of this kind looks everywhere");
        let mut finder = Self { nfa, start, places: Vec::new() };
        for form in forms {
            finder.walk(form);
        }
        Ok(finder)
    }

    /// Follows a form: behind its first n bytes the automaton is in the state that stands for these n bytes.
    fn walk(&mut self, form: &[u8]) {
        let mut state = self.start;
        for (before, byte) in form.iter().enumerate() {
            state = self.next(state, *byte);
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
        self.start
    }

    /// One byte further.
    pub fn next(&self, state: State, byte: u8) -> State {
        self.nfa.next_state(Anchored::No, state, byte)
    }

    /// What the text ends in.
    pub fn place(&self, state: State) -> Place {
        self.places.get(state.as_usize()).copied().unwrap_or_default()
    }

    /// Whether a form occurs anywhere.
    pub fn occurs_in(&self, text: &[u8]) -> bool {
        let mut state = self.start;
        text.iter().any(|byte| {
            state = self.next(state, *byte);
            self.place(state).ended > 0
        })
    }
}

/// Forms are cut into pieces: none comes near four gigabytes.
fn to_u32(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
