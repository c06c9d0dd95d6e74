//! Names without a value: streams that cannot be read, variables that are not set, steps that did not run.

use super::*;

fn detail(expression: &str, facts: Facts) -> String {
    let outcome = judge_in(expression, facts);
    assert!(!outcome.holds, "{expression}");
    outcome.detail.unwrap()
}

#[test]
fn an_assertion_that_looks_at_json_fails_if_it_is_none_whatever_else_it_says() {
    for (output, wanted) in [
        ("not json", "`stdout` is not JSON: expected ident at line 1 column 2"),
        ("", "`stdout` is not JSON: EOF while parsing a value at line 1 column 0"),
        ("{\"a\": 1}\n{\"a\": 2}", "`stdout` is not JSON: trailing characters at line 2 column 1"),
        ("{\"a\": 1, \"a\": 2}", "the key `a` stands twice at line 1 column"),
        (
            "[1,\n 18446744073709551616]",
            "holds the number 18446744073709551616 at line 2 column 2, which cannot be held exactly",
        ),
        ("[18446744073709551616]", "holds the number 18446744073709551616 at line 1 column 2"),
        ("[0.12345678901234567891]", "holds the number 0.12345678901234567891 at line 1 column 2"),
    ] {
        for expression in [
            "json.a == 1",
            "json.a == 1 || exit_code == 0",
            "exit_code == 1 || !json.all(x, x == 3) || exit_code == 0",
            "[1, 2].exists(x, x == attempt || json == x)",
        ] {
            let detail = detail(expression, facts(output));
            assert!(
                detail.contains(&format!("cannot be evaluated: {}", &wanted[..1.min(wanted.len())]))
                    || detail.contains(wanted),
                "{detail}"
            );
            assert!(detail.contains(wanted), "{expression}: {detail}");
        }
        // What is not looked at says nothing.
        assert!(judge("exit_code == 0 || json.a == 1", output).holds);
        assert!(judge("stdout == stderr || exit_code == 0", output).holds);
    }
    let broken = Facts {
        steps: [("stop".to_owned(), StepFacts { stdout: Some(text("x")), ..facts("").steps["stop"].clone() })].into(),
        ..facts("")
    };
    let wanted = "`steps.stop.stdout` is not JSON";
    assert!(detail("steps.stop.json.n == 3 || exit_code == 0", broken.clone()).contains(wanted));
    assert!(detail("steps['stop']['json'].n == 3", broken.clone()).contains(wanted));
    assert!(judge_in("steps.stop.stdout == 'x' && steps.stop.lines.size() == 1", broken).holds);
}

#[test]
fn bytes_that_are_no_text_are_no_json_and_are_replaced_elsewhere() {
    let mut facts = facts("");
    facts.result.as_mut().unwrap().stdout = Arc::new(Text { bytes: b"\"a\xff\"".to_vec(), whole: true });
    assert!(detail("json == 'a'", facts.clone()).contains("is not JSON: no UTF-8 text at byte 2"));
    assert!(judge_in("stdout == '\"a\u{fffd}\"'", facts).holds);
}

#[test]
fn a_stream_that_is_not_whole_fails_whatever_looks_at_it() {
    let mut facts = facts("");
    let cut = Arc::new(Text { bytes: vec![b'a'; 8 << 20], whole: false });
    facts.result.as_mut().unwrap().stdout = cut.clone();
    facts.steps.get_mut("stop").unwrap().stderr = Some(cut);
    let wanted = "has more than the 8 MiB that an expression may look at";
    for expression in [
        "stdout.startsWith('a')",
        "lines.size() == 1 || exit_code == 0",
        "!stdout.contains('b')",
        "json == 3",
        "[stdout].size() == 1",
    ] {
        assert!(detail(expression, facts.clone()).contains(&format!("`stdout` {wanted}")), "{expression}");
    }
    assert!(detail("steps.stop.stderr != 'a'", facts.clone()).contains(&format!("`steps.stop.stderr` {wanted}")));
    assert!(judge_in("stderr == 'warning: x' && exit_code == 0", facts).holds);
}

#[test]
fn what_is_not_set_says_so() {
    for (expression, wanted) in [
        ("vars.UNSET == 'a'", "`UNSET` is not set: the step that captures it was skipped or did not pass"),
        ("vars['UNSET'].size() == 3", "`UNSET` is not set"),
        ("params.NAME == 'a'", "the parameter `NAME` has no value yet"),
        ("steps.probe.stdout == ''", "the step `probe` has no `stdout`: it is skipped"),
        ("steps.probe.exit_code == 0", "the step `probe` has no `exit_code`: it is skipped"),
        ("steps.probe.finished < now", "the step `probe` has no `finished`: it is skipped"),
    ] {
        let detail = detail(expression, facts(""));
        assert!(detail.contains(&format!("cannot be evaluated: {wanted}")), "{expression}: {detail}");
    }
    let mut without = facts("");
    without.steps.remove("stop");
    without.result.as_mut().unwrap().exit_code = None;
    assert!(
        detail("steps.stop.exit_code == 0", without.clone()).contains("the step `stop` has no result: it did not run")
    );
    assert!(detail("exit_code != 0", without.clone()).contains("the step ended without an exit code"));
    assert!(
        judge_in("!has(vars.UNSET) && !has(steps.stop) && (has(vars.UNSET) ? vars.UNSET == 'a' : true)", without).holds
    );
    assert!(
        judge("steps.probe.status == 'skipped' && !has(steps.probe.stdout) && steps.by_hand.status == 'done'", "")
            .holds
    );
}

#[test]
fn steps_as_wholes_have_all_their_fields() {
    assert!(
        judge("[steps.stop, steps['a-b']].all(s, s.exit_code == 0 && s.stderr == 'warned' && s.json.n == 3)", "").holds
    );
    let detail = detail("[steps.probe].all(s, s.exit_code == 0)", facts(""));
    assert!(detail.contains("there is no `exit_code`"), "{detail}");
}

#[test]
fn without_a_result_an_unchecked_name_has_no_value() {
    let before = Facts { result: None, ..facts("") };
    let one = |text: &str| -> Arc<[Assertion]> { Arc::from([parse(text)]) };
    let mut evaluator = Evaluator::default();
    runtime().block_on(async {
        assert_eq!(evaluator.condition(one("steps.stop.exit_code == 0"), before.clone()).await, Ok(true));
        assert_eq!(evaluator.condition(one("vars.FILE == 'x'"), before.clone()).await, Ok(false));
        assert_eq!(
            evaluator.condition(one("stdout == ''"), before.clone()).await,
            Err("`stdout` has no value here".into())
        );
        let unset = evaluator.condition(one("vars.UNSET == ''"), before.clone()).await.unwrap_err();
        assert!(unset.starts_with("`UNSET` is not set"), "{unset}");
        let number = evaluator.condition(one("steps.stop.exit_code"), before.clone()).await;
        assert_eq!(number, Err("it is 0 and neither true nor false".into()));
        let list = evaluator.list(one("steps.stop.lines + ['b'] + [3]"), before.clone()).await;
        assert_eq!(list, Ok(vec!["{\"n\": 3}".to_owned(), "b".to_owned(), "3".to_owned()]));
        assert_eq!(evaluator.list(one("[[1]]"), before.clone()).await, Err("[1] in it is no text".into()));
        assert_eq!(
            evaluator.list(one("steps.stop.stdout"), before.clone()).await.unwrap_err(),
            "it is \"{\\\"n\\\": 3}\\n\" and no list"
        );
        assert!(evaluator.list(Arc::from([]), before).await.is_err());
    });
}
