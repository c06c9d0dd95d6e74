//! Random text and random words of the language, through everything: no panic, no hang, no overflow.

use super::*;
use proptest::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Words of the language, between blanks.
const WORDS: &str = r#"
    exit_code stdout stderr lines json elapsed attempt params vars now steps . . FILE UNSET COUNT WAIT stop
    probe status items a x 1 0 -1 2.5 9223372036854775807 3u 'a' "b" '' b'x' r'\d' true false null ( ) ( ) [
    ] { } , : ? == != < >= && || ! - + * / % .size() .matches( has( duration('1h') duration( semver('1.2.3')
    quantity('1Mi') rows(stdout) columns( parseTime( .find('a+') .split('') .join( type( int( string(
    timestamp( @ # \ § steps['a-b'] vars.FILE params.COUNT json.items lines[0] dyn( bytes( `a` ?. [?
"#;
/// Those that hold blanks.
const WIDE_WORDS: &[&str] = &[
    " in ",
    ".all(x, ",
    ".exists(x, ",
    ".map(x, ",
    ".filter(x, ",
    ".replace('a', ",
    "\n  ",
    " ",
    "[1, 2]",
    "{'a': 1}",
    ".exists_one(x, x",
    "Foo{a: 1}",
];

/// What has a value.
const LEAVES: &str = r#"
    exit_code stdout lines json json.items json.n vars.FILE vars.UNSET params.WAIT elapsed now steps.stop.json
    steps.probe steps.a 1 -3 0.5 'a' true null [] [1,'a'] {'a':1} b'x' 9223372036854775807 -9223372036854775808
    18446744073709551615u timestamp('9999-12-31T23:59:59Z') duration('36500d')
"#;
const SIGNS: &str = "== != < > <= && || + - * / % in";
const CALLS: &str =
    "size int uint double string bytes type dyn bool duration timestamp semver quantity rows columns parseTime has";
const LOOPS: &str = "all exists map filter exists_one";
const METHODS: &str =
    "matches find findAll contains startsWith split join indexOf charAt substring isLessThan compareTo getHours";

fn one_of(words: &'static str) -> impl Strategy<Value = String> + Clone {
    prop::sample::select(words.split_whitespace().collect::<Vec<_>>()).prop_map(str::to_owned)
}

/// Pieces that fit together more often than by chance.
fn sensible() -> impl Strategy<Value = String> {
    one_of(LEAVES).prop_recursive(5, 24, 3, |part| {
        let (a, b, c) = (part.clone(), part.clone(), part.clone());
        let three = || (part.clone(), part.clone(), part.clone());
        prop_oneof![
            (a.clone(), one_of(SIGNS), b.clone()).prop_map(|(left, sign, right)| format!("({left} {sign} {right})")),
            (one_of(CALLS), a.clone()).prop_map(|(name, item)| format!("{name}({item})")),
            (a.clone(), one_of(LOOPS), b.clone()).prop_map(|(list, name, item)| format!("{list}.{name}(x, {item})")),
            (a.clone(), one_of(METHODS), b.clone()).prop_map(|(on, name, item)| format!("{on}.{name}({item})")),
            (a, b).prop_map(|(on, item)| format!("{on}[{item}]")),
            three().prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
            three().prop_map(|(a, b, c)| format!("{a}.replace({b}, {c})")),
            c.clone().prop_map(|item| format!("!{item}")),
            c.prop_map(|item| format!("-{item}")),
        ]
    })
}

fn any_text() -> impl Strategy<Value = String> {
    let word = prop_oneof![8 => one_of(WORDS), 1 => prop::sample::select(WIDE_WORDS).prop_map(str::to_owned)];
    let soup = prop::collection::vec(word, 0..30).prop_map(|words| words.concat());
    prop_oneof![1 => any::<String>(), 1 => "\\PC{0,80}", 3 => soup, 5 => sensible()]
}

#[test]
#[expect(clippy::print_stdout, reason = "a count")]
fn nothing_that_can_be_written_panics_or_hangs() {
    let cases = std::env::var("CEL_FUZZ_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(400);
    let (read, judged, held, broke) = <(AtomicUsize, AtomicUsize, AtomicUsize, AtomicUsize)>::default();
    let count = |counter: &AtomicUsize| _ = counter.fetch_add(1, Ordering::Relaxed);
    let evaluator = std::cell::RefCell::new(Evaluator::default());
    let runtime = runtime();
    let facts = facts("{\"items\": [{\"a\": 1}, {\"a\": \"b\"}], \"n\": 3}\n");
    let slowest = std::cell::Cell::new(Duration::ZERO);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let outcome = runner.run(&any_text(), |text| {
        let start = Instant::now();
        let block = block(&text).unwrap_or_default();
        count(&read);
        for assertion in &block {
            _ = (assertion.check(&scope()), assertion.references(), block_warnings(std::slice::from_ref(assertion)));
            count(&judged);
        }
        let expressions: Arc<[Assertion]> = block.into();
        let found = runtime.block_on(evaluator.borrow_mut().judge(expressions.clone(), facts.clone()));
        prop_assert_eq!(found.len(), expressions.len());
        for outcome in found {
            if outcome.holds {
                count(&held);
            } else {
                let detail = outcome.detail.unwrap_or_default();
                prop_assert!(!detail.contains("takes longer"), "{}", detail);
                if detail.contains("broke off") {
                    count(&broke);
                    println!("{detail}");
                }
            }
        }
        slowest.set(slowest.get().max(start.elapsed()));
        Ok(())
    });
    println!(
        "{} texts, {} expressions, {} hold, {} broke off inside cel, slowest {:?}",
        read.into_inner(),
        judged.into_inner(),
        held.into_inner(),
        broke.into_inner(),
        slowest.get()
    );
    outcome.unwrap();
}
