use super::super::forms::forms;
use super::super::redactor::Redactor;
use proptest::prelude::*;

pub fn redactor(values: &[String]) -> Redactor {
    let redactor = Redactor::default();
    for (at, value) in values.iter().enumerate() {
        redactor.add(&format!("S{at}"), value).unwrap();
    }
    redactor
}

pub fn streamed(redactor: &Redactor, text: &[u8], cuts: &[usize]) -> Vec<u8> {
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

/// The plain definition: mark every byte that an occurrence of a form covers, write one mask for each run of them.
fn naive(text: &[u8], values: &[String], mask: &str) -> Vec<u8> {
    let mut covered = vec![false; text.len()];
    for form in values.iter().flat_map(|value| forms(value).texts) {
        for at in 0..text.len().saturating_sub(form.len() - 1) {
            if text[at..].starts_with(&form) {
                covered[at..at + form.len()].fill(true);
            }
        }
    }
    let mut out = Vec::new();
    for (at, byte) in text.iter().enumerate() {
        match covered[at] {
            false => out.push(*byte),
            true if at == 0 || !covered[at - 1] => out.extend_from_slice(mask.as_bytes()),
            true => {}
        }
    }
    out
}

#[test]
fn a_secret_that_begins_another_one_leaks_no_tail() {
    let redactor = redactor(&["abc".into(), "abcdef".into(), "efgh".into()]);
    assert_eq!(redactor.redact("x abcdef y"), "x [secret] y");
    assert_eq!(redactor.redact("x abcdefgh y abc."), "x [secret] y [secret].");
    assert_eq!(redactor.redact("abcabcdef"), "[secret]");
    assert_eq!(redactor.redact("nothing"), "nothing");
}

#[test]
fn overlapping_secrets_are_masked_together() {
    assert_eq!(redactor(&["abcX".into(), "Xdef".into()]).redact("-abcXdef-"), "-[secret]-");
}

#[test]
fn a_mask_never_completes_a_secret() {
    assert_eq!(redactor(&["secret".into()]).redact("a secret"), "a •••");
    assert_eq!(redactor(&["[secret]x".into(), "ab12".into()]).redact("ab12x"), "•••x");
}

#[test]
fn only_what_may_yet_become_a_secret_is_held_back() {
    let redactor = redactor(&["hunter22".into()]);
    let (mut out, mut filter) = (Vec::new(), redactor.filter());
    let mut feed = |text: &str| {
        out.clear();
        filter.feed(text.as_bytes(), &mut |shown| out.extend_from_slice(shown));
        String::from_utf8(out.clone()).unwrap()
    };
    assert_eq!(feed("Continue? "), "Continue? ");
    assert_eq!(feed("a hunt"), "a ");
    assert_eq!(feed("ing dog, a hun"), "hunting dog, a ");
    assert_eq!(feed("ter22"), "[secret]");
    assert_eq!(feed("."), ".");
}

#[test]
fn an_endless_overlap_needs_no_memory() {
    let redactor = redactor(&["aaaa".into()]);
    let (mut out, mut filter) = (Vec::new(), redactor.filter());
    for _ in 0..1000 {
        filter.feed(&[b'a'; 1000], &mut |shown| out.extend_from_slice(shown));
        assert!(filter.held.len() < 10 && filter.held.capacity() < 10_000 && filter.runs.len() < 3);
    }
    filter.finish(&mut |shown| out.extend_from_slice(shown));
    assert_eq!(out, b"[secret]");
}

#[test]
fn what_becomes_secret_while_a_stream_runs_is_masked_from_then_on_and_in_what_is_held() {
    let redactor = redactor(&["abcdefg".into()]);
    let (mut out, mut filter) = (Vec::new(), redactor.filter());
    filter.feed(b"cdef abcdef", &mut |shown| out.extend_from_slice(shown));
    assert_eq!(out, b"cdef ");
    redactor.add("LATER", "cdef").unwrap();
    filter.feed(b"h cdef", &mut |shown| out.extend_from_slice(shown));
    filter.finish(&mut |shown| out.extend_from_slice(shown));
    assert_eq!(String::from_utf8(out).unwrap(), "cdef ab[secret]h [secret]");
}

#[test]
fn a_first_secret_may_come_in_the_middle_of_a_stream() {
    let redactor = Redactor::default();
    let (mut out, mut filter) = (Vec::new(), redactor.filter());
    filter.feed(b"hun", &mut |shown| out.extend_from_slice(shown));
    redactor.add("LATER", "hunter22").unwrap();
    filter.feed(b"ter22 hunter22", &mut |shown| out.extend_from_slice(shown));
    filter.finish(&mut |shown| out.extend_from_slice(shown));
    assert_eq!(String::from_utf8(out).unwrap(), "hunter22 [secret]");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]
    #[test]
    fn however_it_is_cut_the_result_is_that_of_the_plain_definition(
        values in prop::collection::vec("[ab]{1,6}", 1..5),
        text in "[abc]{0,60}",
        cuts in prop::collection::vec(0usize..9, 0..12),
    ) {
        let redactor = redactor(&values);
        let whole = redactor.redact_bytes(text.as_bytes()).into_owned();
        prop_assert_eq!(&streamed(&redactor, text.as_bytes(), &cuts), &whole);
        prop_assert_eq!(whole, naive(text.as_bytes(), &values, redactor.now().mask()));
    }

    #[test]
    fn no_value_is_left_or_made_even_of_the_letters_of_masks(
        values in prop::collection::vec("[\\[\\]secrt•█]{1,5}", 1..4),
        text in "[\\[\\]secrt•█]{0,40}",
        cuts in prop::collection::vec(0usize..5, 0..8),
    ) {
        prop_assume!(values.iter().all(|value| !value.trim().is_empty()));
        let redactor = redactor(&values);
        let shown = streamed(&redactor, text.as_bytes(), &cuts);
        prop_assert_eq!(&shown, &naive(text.as_bytes(), &values, redactor.now().mask()));
        let shown = String::from_utf8(shown).unwrap();
        for value in &values {
            prop_assert!(!shown.contains(value.as_str()), "{value} in {shown}");
        }
    }

    #[test]
    fn a_secret_added_at_any_moment_is_masked_in_all_that_comes_later(
        first in "[ab]{1,4}", second in "[ab]{1,4}", before in "[abc]{0,20}", after in "[abc]{0,20}",
    ) {
        let redactor = redactor(std::slice::from_ref(&first));
        let (mut out, mut filter) = (Vec::new(), redactor.filter());
        filter.feed(before.as_bytes(), &mut |shown| out.extend_from_slice(shown));
        let given = out.len();
        redactor.add("LATER", &second).unwrap();
        filter.feed(after.as_bytes(), &mut |shown| out.extend_from_slice(shown));
        filter.finish(&mut |shown| out.extend_from_slice(shown));
        let later = String::from_utf8(out[given..].to_vec()).unwrap();
        prop_assert!(!later.contains(&first) && !later.contains(&second), "{later}");
    }
}
