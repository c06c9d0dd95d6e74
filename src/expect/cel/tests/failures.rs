//! What is said of an expression that does not hold.

use super::*;

fn detail(expression: &str, stdout: &str) -> String {
    let outcome = judge(expression, stdout);
    assert!(!outcome.holds, "{expression}");
    outcome.detail.unwrap()
}

#[test]
fn a_failure_shows_the_values_of_paths_and_calls() {
    let json = r#"{"items": [{"status": {"size": "20"}, "ok": false}], "text": "a\nb"}"#;
    for (expression, wanted) in [
        (
            "quantity(json.items[0].status.size) >= quantity(\"1Mi\") # not an empty file",
            "`quantity(json.items[0].status.size) >= quantity(\"1Mi\")` is false: `quantity(json.items[0].status.size)` = 20, `quantity(\"1Mi\")` = 1048576 · not an empty file",
        ),
        ("exit_code == 3", "`exit_code == 3` is false: `exit_code` = 0"),
        (
            "json.items.exists(i, i.ok)",
            "`json.items.exists(i, i.ok)` is false: `json.items` = [{ok: false, status: {size: \"20\"}}]",
        ),
        (
            "json.items.all(i, i.ok) && attempt == 2",
            "is false: `json.items` = [{ok: false, status: {size: \"20\"}}], `attempt` = 2",
        ),
        ("json.text.contains('c')", "is false: `json.text` = \"a\\nb\""),
        ("elapsed < duration('1s')", "is false: `elapsed` = 1s 500ms, `duration(\"1s\")` = 1s"),
        (
            "steps.stop.finished - steps.stop.started < duration('30s')",
            "is false: `steps.stop.finished` = 2026-01-01T00:01:00Z, `steps.stop.started` = 2026-01-01T00:00:00Z, `duration(\"30s\")` = 30s",
        ),
        (
            "semver(vars.NUMBER + '.0').isGreaterThan(semver('v18.0.0-rc.1'))",
            "is false: `vars.NUMBER` = \"17\", `semver(\"v18.0.0-rc.1\")` = 18.0.0-rc.1",
        ),
        ("has(vars.UNSET)", "`has(vars.UNSET)` is false: `has(vars.UNSET)` = false"),
        ("!params.SAFE", "`!params.SAFE` is false: `params.SAFE` = true"),
        ("!(vars.FILE in ['etcd-1'])", "is false: `vars.FILE` = \"etcd-1\""),
        ("stdout == ''\n  && exit_code == 0", "`stdout == '' && exit_code == 0` is false: `stdout` = \"{\\\"items\\\""),
        ("1 == 2 || exit_code == 1 && exit_code == 2", "is false: `exit_code` = 0"),
    ] {
        let detail = detail(expression, json);
        assert!(detail.contains(wanted), "{expression}: {detail}");
    }
}

#[test]
fn values_are_shortened_and_at_most_six() {
    let long = detail("stdout == 'x'", &"ab\u{1b}[31m".repeat(100_000));
    assert!(long.chars().count() < 260 && long.ends_with('…'), "{long}");
    let many = detail(
        "[exit_code, attempt, elapsed, now, vars.FILE, vars.NUMBER, params.COUNT, params.SIZE].size() == 3 && exit_code == 0",
        "",
    );
    assert_eq!(many.matches(" = ").count(), 6, "{many}");
    let list = detail("lines == []", &"x\n".repeat(50));
    assert!(list.contains("\"x\", …]") && list.matches("\"x\"").count() == 20, "{list}");
}

#[test]
fn what_cannot_be_evaluated_does_not_hold_and_says_why_in_plain_words() {
    let json = r#"{"a": 1, "list": [], "text": "x", "time": "2026-01-01"}"#;
    for (expression, wanted) in [
        ("json.b == 1", "cannot be evaluated: there is no `b` (`json` = {a: 1"),
        ("json.list[0] == 1", "cannot be evaluated: the list has no item 0"),
        ("json.a[0] == 1", "cannot be evaluated: `[…]` does not work on a number and a number"),
        ("json['text'][0] == 'x'", "cannot be evaluated: "),
        ("json.text > 3", "cannot be evaluated: `>` does not work on text and a number"),
        ("json.text + 3 == 'x3'", "cannot be evaluated: +: text and a number cannot be added"),
        ("json.text - 3 == 3", "cannot be evaluated: `-` does not work on \"x\" and 3"),
        ("json.a / exit_code == 3", "cannot be evaluated: it divides by zero"),
        ("json.a % exit_code == 3", "cannot be evaluated: it divides by zero"),
        ("json.a + 9223372036854775807 == 3", "cannot be evaluated: 1 + 9223372036854775807 is out of range"),
        ("json.a.all(x, x)", "cannot be evaluated: a list is wanted, and this is a number"),
        ("json.a && exit_code == 0", "cannot be evaluated: `&&` does not work on a number and true or false"),
        ("!json.a", "cannot be evaluated: `!` does not work on a number"),
        ("json.a.contains('x')", "cannot be evaluated: `contains(…)` does not work on a number and text"),
        ("json.a.size() == 1", "cannot be evaluated: `size(…)` does not work on a number"),
        ("duration(json.text) > elapsed", "cannot be evaluated: duration: `x` is no duration"),
        ("duration(json.a) > elapsed", "cannot be evaluated: "),
        ("quantity(json.text) > 3", "cannot be evaluated: quantity: `x` is no quantity"),
        ("quantity(json.list) > 3", "cannot be evaluated: quantity: text or a number is wanted, not []"),
        ("semver(json.text).major() == 3", "cannot be evaluated: semver: `x` is no version"),
        ("json.list.isLessThan(semver('1.0.0'))", "cannot be evaluated: isLessThan: two versions are wanted"),
        ("json.list.major() == 3", "cannot be evaluated: major: a version is wanted"),
        ("parseTime(json.time) < now", "cannot be evaluated: parseTime: `2026-01-01` is no time"),
        ("rows('A A\\n' + json.text).size() == 1", "cannot be evaluated: rows: two columns are called `A`"),
        ("json.text.matches(json.text + '(')", "cannot be evaluated: matches: `x(` is no regex"),
        ("int(json.text) == 3", "cannot be evaluated: int: "),
        ("timestamp(json.text) < now", "cannot be evaluated: timestamp: "),
        ("now.getHours('Mars/Base') == 3", "cannot be evaluated: timezone: unknown time zone Mars/Base"),
        ("{'a': 1, 'a': json.a} == json", "cannot be evaluated: the key \"a\" stands twice"),
        ("json.list.map(x, x) + json.a == []", "cannot be evaluated: +: a list and a number cannot be added"),
        ("json", "is {a: 1, list: [], text: \"x\", time: \"2026-01-01\"} and neither true nor false"),
        ("json.a", "is 1 and neither true nor false"),
    ] {
        let detail = detail(expression, json);
        assert!(detail.contains(wanted), "{expression}: {detail}");
    }
}

#[test]
fn all_over_an_empty_list_holds_and_says_so() {
    let holds = |detail: &str| Outcome { holds: true, detail: Some(detail.to_owned()) };
    assert_eq!(judge("json.items.all(i, i.ok)", "{\"items\": []}"), holds("`json.items.all(i, i.ok)` holds (0 items)"));
    assert_eq!(judge("json.all(k, k == 'x') # keys", "{}"), holds("`json.all(k, k == 'x')` holds (0 items) · keys"));
    let filtered = judge("lines.filter(l, l == 'x').all(l, l == 'y')", "a\n");
    assert!(filtered.holds && filtered.detail.unwrap().ends_with("holds (0 items)"));
    assert_eq!(judge("lines.all(l, l == 'a')", "a\n"), Outcome { holds: true, detail: None });
    assert!(!judge("!lines.all(l, l == 'a')", "").holds);
}
