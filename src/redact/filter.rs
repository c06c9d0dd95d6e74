//! A stream without secrets, however it is cut into pieces.
//!
//! Every byte that any occurrence of any form covers is masked, also where occurrences overlap: a replacer that takes
//! the leftmost match and goes on behind it would leak the tail of a longer one. Only as many bytes are held back as
//! may yet become an occurrence.

use super::redactor::Known;
use std::sync::Arc;

/// Masks secrets in a stream.
#[derive(Debug)]
pub struct Filter {
    known: Arc<Known>,
    /// What was not given out yet.
    held: Vec<u8>,
    /// How many of the held bytes a mask that was given out already covers.
    covered: usize,
}

impl Filter {
    pub(super) fn new(known: Arc<Known>) -> Self {
        Self { known, held: Vec::new(), covered: 0 }
    }

    /// Takes the next bytes; `out` gets what can be shown of all that came.
    pub fn feed(&mut self, bytes: &[u8], out: &mut dyn FnMut(&[u8])) {
        if self.known.automaton.is_none() {
            if !bytes.is_empty() {
                out(bytes);
            }
            return;
        }
        self.held.extend_from_slice(bytes);
        // An occurrence that starts before this place is in here to its end.
        let decided = (self.held.len() + 1).saturating_sub(self.known.longest);
        self.give(decided, out);
    }

    /// The stream is over: gives what was held back.
    pub fn finish(&mut self, out: &mut dyn FnMut(&[u8])) {
        self.give(self.held.len(), out);
    }

    /// Gives out the first `decided` bytes.
    fn give(&mut self, decided: usize, out: &mut dyn FnMut(&[u8])) {
        let Some(automaton) = &self.known.automaton else { return };
        if decided == 0 {
            return;
        }
        let mut found: Vec<(usize, usize)> =
            automaton.find_overlapping_iter(&self.held).map(|found| (found.start(), found.end())).collect();
        found.retain(|(start, _)| *start < decided);
        found.sort_unstable();
        let mut shown = self.covered;
        for (start, end) in found {
            if start >= shown {
                if start > shown {
                    out(&self.held[shown..start]);
                }
                out(self.known.mask().as_bytes());
            }
            shown = shown.max(end);
        }
        if shown < decided {
            out(&self.held[shown..decided]);
        }
        self.covered = shown.saturating_sub(decided);
        self.held.drain(..decided);
    }
}

#[cfg(test)]
mod tests {
    use super::super::redactor::Redactor;
    use proptest::prelude::*;

    fn redactor(values: &[String]) -> Redactor {
        let redactor = Redactor::default();
        for (at, value) in values.iter().enumerate() {
            _ = redactor.add(&format!("S{at}"), value);
        }
        redactor
    }

    fn streamed(redactor: &Redactor, text: &[u8], cuts: &[usize]) -> Vec<u8> {
        let (mut out, mut filter) = (Vec::new(), redactor.filter());
        let mut rest = text;
        for cut in cuts {
            let (now, later) = rest.split_at((*cut).min(rest.len()));
            filter.feed(now, &mut |shown| out.extend_from_slice(shown));
            rest = later;
        }
        filter.feed(rest, &mut |shown| out.extend_from_slice(shown));
        filter.finish(&mut |shown| out.extend_from_slice(shown));
        out
    }

    /// The plain definition: mark every byte that an occurrence covers, then write a mask for each run of them.
    fn naive(text: &[u8], values: &[String]) -> Vec<bool> {
        let mut covered = vec![false; text.len()];
        for value in values.iter().filter(|value| !value.is_empty()) {
            for at in 0..text.len().saturating_sub(value.len() - 1) {
                if text[at..].starts_with(value.as_bytes()) {
                    covered[at..at + value.len()].fill(true);
                }
            }
        }
        covered
    }

    #[test]
    fn a_secret_that_begins_another_one_leaks_no_tail() {
        let redactor = redactor(&["abc".into(), "abcdef".into(), "efgh".into()]);
        assert_eq!(redactor.redact("x abcdef y"), "x [secret] y");
        assert_eq!(redactor.redact("x abcdefgh y abc."), "x [secret] y [secret].");
        assert_eq!(redactor.redact("nothing"), "nothing");
    }

    #[test]
    fn a_mask_never_completes_a_secret() {
        let redactor = redactor(&["secret".into()]);
        assert_eq!(redactor.redact("a secret"), "a •••");
    }

    #[test]
    fn an_endless_overlap_needs_no_memory() {
        let redactor = redactor(&["aaaa".into()]);
        let mut filter = redactor.filter();
        let mut out = Vec::new();
        for _ in 0..1000 {
            filter.feed(&[b'a'; 1000], &mut |shown| out.extend_from_slice(shown));
            assert!(filter.held.len() < 100);
        }
        filter.finish(&mut |shown| out.extend_from_slice(shown));
        assert_eq!(out, b"[secret]");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]
        #[test]
        fn however_it_is_cut_no_byte_of_an_occurrence_is_shown(
            values in prop::collection::vec("[ab]{1,5}", 1..4),
            text in "[abc]{0,60}",
            cuts in prop::collection::vec(0usize..9, 0..12),
        ) {
            let redactor = redactor(&values);
            let whole = redactor.redact_bytes(text.as_bytes());
            prop_assert_eq!(&streamed(&redactor, text.as_bytes(), &cuts), &whole);
            let shown = String::from_utf8(whole).unwrap();
            // Every form that hides here is made of more letters than a and b, but the value itself.
            let covered = naive(text.as_bytes(), &values);
            let plain: String = text.bytes().zip(&covered).filter(|(_, covered)| !**covered).map(|(byte, _)| byte as char).collect();
            prop_assert_eq!(shown.replace("[secret]", ""), plain);
            for value in &values {
                prop_assert!(!shown.contains(value.as_str()) || "[secret]".contains(value.as_str()));
            }
        }
    }
}
