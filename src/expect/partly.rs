//! Lines of which only the beginning and the end are known.

use regex::Regex;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson;
use regex_automata::{Anchored, Input, MatchKind};

/// Whether a regex that looks at whole lines may accept one that begins and ends like this. It is `true` where that is not
/// certain.
pub fn may_accept(regex: &Regex, begin: &str, end: &str) -> bool {
    may_go_on(regex, begin.bytes(), false) && may_go_on(regex, end.bytes().rev(), true)
}

/// Whether the automaton of a regex is still alive after these bytes, read from a line's start, or `backwards` from its end.
fn may_go_on(regex: &Regex, bytes: impl Iterator<Item = u8>, backwards: bool) -> bool {
    let Some((dfa, mut cache)) = automaton(regex, backwards) else { return true };
    // Nothing stands before a line's start, and nothing after its end.
    let input = Input::new("").anchored(Anchored::Yes);
    let start = match backwards {
        true => dfa.start_state_reverse(&mut cache, &input),
        false => dfa.start_state_forward(&mut cache, &input),
    };
    let Ok(start) = start else { return true };
    let mut state = start;
    for byte in bytes {
        match dfa.next_state(&mut cache, state, byte) {
            Ok(next) if next.is_dead() => return false,
            Ok(next) if !next.is_quit() => state = next,
            Ok(_) | Err(_) => return true,
        }
    }
    true
}

fn automaton(regex: &Regex, backwards: bool) -> Option<(DFA, Cache)> {
    let thompson = thompson::Config::new().reverse(backwards);
    // Each way that is open, not only the first that a search would take. A word's border it knows in ASCII text only, and gives
    // up elsewhere.
    let config = DFA::config().match_kind(MatchKind::All).unicode_word_boundary(true);
    let dfa = DFA::builder().configure(config).thompson(thompson).build(regex.as_str()).ok()?;
    let cache = dfa.create_cache();
    Some((dfa, cache))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expect::regexes::whole_line;
    use proptest::prelude::*;

    #[test]
    fn what_is_known_of_a_line_decides_where_it_can() {
        let may = |pattern: &str, begin: &str, end: &str| may_accept(&whole_line(pattern).unwrap(), begin, end);
        assert!(may("tok [0-9a-f]{40}", "tok ", "") && !may("tik [0-9a-f]{40}", "tok ", ""));
        assert!(may(r"u \w+ made", "u ", " made") && !may(r"u \w+ made", "u ", " gone") && !may("a|b", "c", ""));
        assert!(may(r"\bx\b.*", "x", "ü") && !may(r"(?i)A.*Z", "b", "z") && may(r"(?i)A.*Z", "a", "z"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]
        #[test]
        fn no_line_that_a_regex_accepts_is_denied_by_its_ends(
            pattern in r"[abü]?(\(a\|b\)|\[ab\]|\(\?i:A\)|\\bb?|\.)[*+?]?[abü]?",
            line in "[abAü]{0,3}", cut in 0usize..4, tail in 0usize..4,
        ) {
            let regex = whole_line(&pattern).unwrap();
            if !regex.is_match(&line) {
                return Ok(());
            }
            let letters: Vec<char> = line.chars().collect();
            let begin: String = letters.iter().take(cut).collect();
            let end: String = letters.iter().skip(tail).collect();
            prop_assert!(may_accept(&regex, &begin, &end), "{pattern} {line}");
        }
    }
}
