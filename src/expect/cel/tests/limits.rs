//! Expressions that would take too long, too much memory or too much stack.

use super::*;
use std::time::Instant;

/// Judges without a check: what is evaluated is bounded whoever asks.
fn outcome(expression: &str, stdout: &str) -> Outcome {
    let one: Arc<[Assertion]> = Arc::from([parse(expression)]);
    runtime().block_on(Evaluator::default().judge(one, facts(stdout))).remove(0)
}

#[test]
fn a_loop_over_too_much_ends_and_does_not_hold() {
    let lines = "a\n".repeat(3000);
    for expression in [
        "lines.map(a, lines.map(b, lines.map(c, 1))).size() > 0",
        "lines.all(a, lines.all(b, lines.all(c, true)))",
        "!lines.exists(a, lines.exists(b, lines.exists(c, false)))",
        "lines.all(a, lines.filter(b, b == a).size() > 0) || exit_code == 0",
        "exit_code == 1 || lines.exists_one(a, lines.exists_one(b, false)) || exit_code == 0",
        "lines.map(a, true, lines.map(b, a)).size() > 0",
    ] {
        let start = Instant::now();
        let found = outcome(expression, &lines);
        let detail = found.detail.unwrap_or_default();
        assert!(!found.holds && detail.contains("goes over more than 200000 items"), "{expression}: {detail}");
        assert!(start.elapsed() < Duration::from_secs(60), "{expression}");
    }
    assert!(outcome("lines.all(a, lines.all(b, a == b))", &"a\n".repeat(400)).holds);
}

#[test]
fn texts_and_lists_that_grow_end_and_do_not_hold() {
    let doubled = |start: &str| format!("[{start}]{}.size() > 0", ".map(a, a + a)".repeat(40));
    let long = "a".repeat(1 << 20);
    for expression in [
        doubled("stdout"),
        doubled("lines"),
        format!("(stdout{}).size() > 0", "+stdout".repeat(40)),
        "stdout.replace('a', stdout).size() > 0".to_owned(),
        "stdout.replace('', stdout, 900000).size() > 0".to_owned(),
        "stdout.split('').join(stdout).size() > 0".to_owned(),
        "stdout.findAll('').size() > 0".to_owned(),
        "stdout.split('').map(a, stdout).size() > 0".to_owned(),
        "stdout.split('').map(a, a == 'a', [stdout, {'a': stdout}]).size() > 0".to_owned(),
    ] {
        let found = outcome(&expression, &long);
        let detail = found.detail.unwrap_or_default();
        let why = detail.contains("too large") || detail.contains("more than 1000000 matches");
        assert!(!found.holds && why, "{expression}: {}", &detail[..detail.len().min(300)]);
    }
    assert!(
        outcome("lines.size() == 3", &"\n".repeat(1_000_001)).detail.unwrap().contains("has more than 1000000 lines")
    );
}

#[test]
fn what_takes_too_long_does_not_hold_and_neither_those_behind_it_nor_the_next_step_suffer() {
    let mut evaluator = Evaluator::with_limit(Duration::from_secs(2));
    let (quick, slow) = ("exit_code == 0", "lines.all(l, !stdout.contains(l + 'b'))");
    let all: Arc<[Assertion]> = Arc::from([parse(quick), parse(slow), parse(quick)]);
    runtime().block_on(async {
        let found = evaluator.judge(all, facts(&"aaaaaaaaa\n".repeat(100_000))).await;
        assert_eq!(found.iter().map(|outcome| outcome.holds).collect::<Vec<_>>(), [true, false, true], "{found:?}");
        let why = found[1].detail.as_ref().unwrap();
        assert!(why.ends_with("cannot be evaluated: it takes longer than 2 s"), "{why}");
        assert!(evaluator.judge(Arc::from([parse(quick)]), facts("")).await[0].holds);
    });
}

#[test]
fn who_waits_does_not_block_and_may_stop_waiting() {
    let slow: Arc<[Assertion]> = Arc::from([parse("lines.all(a, lines.all(b, lines.all(c, true)))")]);
    let quick: Arc<[Assertion]> = Arc::from([parse("exit_code == 0")]);
    let mut evaluator = Evaluator::default();
    runtime().block_on(async {
        let start = Instant::now();
        let waiting = evaluator.judge(slow, facts(&"a\n".repeat(3000)));
        assert!(tokio::time::timeout(Duration::from_millis(50), waiting).await.is_err());
        // Dropping it ended the evaluation, so the same thread is free.
        assert!(evaluator.judge(quick, facts("")).await[0].holds);
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    });
}

/// Everything that a caller does by itself, on a stack as small as a test's, with the deepest trees that the limits let
/// through.
#[test]
#[expect(clippy::print_stdout, reason = "a count")]
fn the_deepest_expressions_fit_the_stack() {
    let depth = super::super::limits::MAX_DEPTH;
    let chain = |item: &str, by: &str, times: usize| vec![item; times].join(by);
    let deep = [
        format!("{}1{} == 1", "(".repeat(depth), ")".repeat(depth)),
        format!("{}1{} == json", "[".repeat(depth), "]".repeat(depth)),
        format!("{}1{} == json", "{1: ".repeat(depth), "}".repeat(depth)),
        format!("{}exit_code{} == 3", "size(".repeat(depth), ")".repeat(depth)),
        format!("{}true{}", "lines.all(x, ".repeat(depth), ")".repeat(depth)),
        format!("{}exit_code == 1", "!".repeat(250)),
        format!("{}attempt == 1", "-".repeat(250)),
        chain("true", "&&", 128),
        chain("true", "||", 128),
        chain("attempt", "+", 250) + " == 500",
        chain("a", " in ", 400),
        chain("1", "<", 250),
        format!("json{}", ".a".repeat(250)),
        format!("json{}", "[0]".repeat(250)),
        format!("{}false", "true?".repeat(60) + &"true:".repeat(60)),
        format!("{}false", "exit_code==1?true:".repeat(60)),
        format!("json{} == 3", ".f(1)".repeat(120)),
        format!("lines{} == 3", ".map(x,x)".repeat(80)),
    ];
    let judged = deep.iter().filter_map(|text| {
        let assertion = parse_expression(text, Span::new(0, text.len())).ok()?;
        _ = assertion.check(&scope());
        _ = block_warnings(std::slice::from_ref(&assertion));
        Some(assertion)
    });
    let judged: Arc<[Assertion]> = judged.collect();
    println!("{} of {} expressions were read", judged.len(), deep.len());
    assert!(judged.len() > 12, "{}", judged.len());
    let found = runtime().block_on(Evaluator::default().judge(judged, facts("a\n")));
    assert!(
        found.iter().all(|outcome| outcome.detail.as_ref().is_none_or(|detail| !detail.contains("broke off"))),
        "{found:?}"
    );
}

#[test]
fn beyond_the_limits_nothing_reaches_the_parser() {
    for text in [
        "(".repeat(2000),
        "[".repeat(40) + &"]".repeat(40),
        "!".repeat(1000) + "true",
        vec!["true"; 200].join("&&"),
        "x".repeat(5000),
        vec!["a"; 400].join("."),
        "true?".repeat(300),
    ] {
        let found = parse_expression(&text, Span::new(0, text.len())).unwrap_err();
        assert_eq!(found.help.as_deref(), Some("split it into several expressions, one a line"), "{}", &text[..20]);
    }
}
