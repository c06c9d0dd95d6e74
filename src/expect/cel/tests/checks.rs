//! What `check` finds before anything runs.

use super::*;

#[test]
fn every_known_name_is_understood() {
    for good in [
        "exit_code == 0 && attempt > 0 && elapsed < duration('2s') && now > timestamp('2020-01-01T00:00:00Z')",
        "stdout != '' && stderr != '' && lines.size() > 0 && json.a.b == 1",
        "params.COUNT == 3 && vars.FILE == 'x' && vars[\"FILE\"] == 'x' && has(vars.UNSET)",
        "steps.stop.exit_code == 0 && steps[\"a-b\"].stdout == '' && steps['a-b']['stderr'] == ''",
        "steps.stop.finished - steps.stop.started < duration('5m') && steps.stop.elapsed < params.WAIT",
        "steps.by_hand.status == 'done' && has(steps.probe.json) && steps.stop.lines.size() == 1",
        "lines.exists(s, s == stdout) && json.items.all(i, i.ok && json.n == 1) && lines.map(x, x + 'a').size() > 0",
        "[steps.stop, steps.probe].all(s, s.status != 'failed')",
        "type(json.a) == int && {'a': stdout}.a == '' && .exit_code == 0",
        "exit_code in [0, 3] || !stdout.matches('^a') || (attempt == 1 ? json.ok : true)",
    ] {
        let found: Vec<_> = block(good).unwrap()[0].check(&scope());
        assert!(found.is_empty(), "{good}: {found:?}");
    }
}

#[test]
fn unknown_names_are_errors_at_their_place_with_a_suggestion() {
    for (text, wanted) in [
        ("stdot == ''", "stdot: unknown name `stdot` | did you mean `stdout`?"),
        ("exit_code == 0\n  && Json.a == 1", "Json: unknown name `Json` | did you mean `json`?"),
        (
            "FILE == 'x'",
            "FILE: unknown name `FILE` | write vars.FILE for what was captured, params.FILE for a parameter",
        ),
        ("COUNT == 3", "COUNT: unknown name `COUNT` | write params.COUNT"),
        ("stop.exit_code == 0", "stop: unknown name `stop` | write steps.stop"),
        ("vars.FIL == 'FIL'", "FIL: no step captures `FIL` | did you mean `FILE`?"),
        ("vars['FIL'] == ''", "FIL: no step captures `FIL` | did you mean `FILE`?"),
        ("has(vars.s)", "s: no step captures `s` | known here are FILE, NUMBER, UNSET"),
        (
            "vars.LATER == ''",
            "LATER: `vars.LATER` is set only by a later step | move the step that sets it before this one",
        ),
        ("vars.COUNT == ''", "COUNT: `COUNT` is a parameter and was not captured | write params.COUNT"),
        ("params.FILE == ''", "FILE: `FILE` is captured and no parameter | write vars.FILE"),
        ("params.COUNTS == 3", "COUNTS: the runbook has no parameter `COUNTS` | did you mean `COUNT`?"),
        ("params.LATER == 3", "LATER: `params.LATER` has no value yet | it is asked for behind a later step"),
        ("steps.stp.exit_code == 0", "stp: no earlier step is called `stp` | did you mean `stop`?"),
        (
            "steps.verify.exit_code == 0",
            "verify: the step `verify` does not run before | only earlier steps have a result; a step's own is `stdout`, `lines`, `exit_code` …",
        ),
        (
            "steps['verify'].exit_code == 0",
            "verify: the step `verify` does not run before | only earlier steps have a result; a step's own is `stdout`, `lines`, `exit_code` …",
        ),
        ("steps.stop.exitcode == 0", "exitcode: the step `stop` has no `exitcode` | did you mean `exit_code`?"),
        ("has(steps.stop.exitcode)", "exitcode: the step `stop` has no `exitcode` | did you mean `exit_code`?"),
        (
            "steps.by_hand.stdout == ''",
            "stdout: the step `by_hand` has no `stdout` | known here are started, finished, elapsed, status",
        ),
        ("steps.all(s, steps[s].exit_code == 0)", "steps: `steps` is used with a name | write steps.NAME"),
        ("vars.size() == 3", "vars: `vars` is used with a name | write vars.NAME"),
        ("params[stdout] == 3", "params: `params` is used with a name | write params.NAME"),
        ("steps[stdout].exit_code == 0", "steps: `steps` is used with a name | write steps.NAME"),
        ("lines.exists(json, json == '')", "json: `json` has a meaning of its own | give the items another name"),
        (
            "lines.exists(l, m == '')",
            "m: unknown name `m` | known here are params, vars, now, steps, exit_code, stdout, stderr, lines, json, elapsed, attempt",
        ),
        ("lines.exists(l, l == '') && l == ''", "l: unknown name `l` | "),
        ("Foo{a: 1} == json", "{: no message type is known here | a map is written {\"name\": value}"),
        ("optional.none() == json", "optional: unknown name `optional` | "),
    ] {
        let found = findings(text);
        assert!(found.iter().any(|found| found.starts_with(wanted)), "{text}: {found:?}");
    }
}

#[test]
fn unknown_functions_and_wrong_arguments_are_errors() {
    for (text, wanted) in [
        ("stdout.contain('a')", "contain: unknown function `.contain(…)` | did you mean `contains`?"),
        ("siz(stdout) == 3", "siz: unknown function `siz(…)` | did you mean `size`?"),
        ("contains(stdout, 'a')", "contains: unknown function `contains(…)` | write value.contains(…)"),
        ("stdout.rows().size() == 1", "rows: unknown function `.rows(…)` | write rows(…)"),
        ("max(1, 2) == attempt", "max: unknown function `max(…)` | "),
        ("_foo_(stdout)", "_foo_: unknown function `_foo_(…)` | "),
        ("rows(stdout, 3).size() == 1", "rows: `rows(…)` takes 1 argument, not 2 | "),
        ("stdout.substring() == ''", "substring: `.substring(…)` takes 1 to 2 arguments, not 0 | "),
        ("lines.all(s)", "all: `.all(…)` takes 2 arguments, not 1 | "),
        ("has(json.a, json.b)", "has: `has(…)` takes 1 argument, not 2 | "),
    ] {
        let found = findings(text);
        assert!(found.iter().any(|found| found.starts_with(wanted)), "{text}: {found:?}");
    }
}

#[test]
fn texts_that_a_function_cannot_read_are_errors_at_their_place() {
    for (text, wanted) in [
        ("elapsed < duration('10')", "'10': `10` is no duration: it needs a unit"),
        ("elapsed < duration(\"1h30m\")", "\"1h30m\": `1h30m` is no duration"),
        ("elapsed < duration('0s')", "'0s': `0s` is no duration: it must be more than zero"),
        ("elapsed < duration('-1s')", "'-1s': `-1s` is no duration"),
        ("attempt < quantity('1MB')", "'1MB': `1MB` is no quantity"),
        ("semver('1.x').isLessThan(semver('2.0.0'))", "'1.x': `1.x` is no version"),
        (
            "parseTime('Tue Nov 24 01:49:02 CET 2026') < now",
            "'Tue Nov 24 01:49:02 CET 2026': `Tue Nov 24 01:49:02 CET 2026` is in the zone `CET`",
        ),
        ("stdout.matches('(')", "'(': `(` is no regex: unclosed group"),
        ("stdout.matches(r'(?=a)')", "r'(?=a)': `(?=a)` is no regex: look-around"),
        ("stdout.find('[') == ''", "'[': `[` is no regex: unclosed character class"),
        ("stdout.findAll('a{99999}{999}').size() == 1", "'a{99999}{999}': "),
        ("matches(stdout, ')')", "')': `)` is no regex: unopened group"),
    ] {
        let found = findings(text);
        assert!(found.len() == 1 && found[0].starts_with(wanted), "{text}: {found:?}");
    }
    assert!(findings("elapsed < duration('1h 30m') && elapsed < duration('7d') && stdout.find('a+') == ''").is_empty());
}

#[test]
fn comparisons_that_say_nothing_are_errors() {
    for (text, wanted) in [
        (
            "vars.NUMBER != 3",
            "!=: `vars.NUMBER` is text and `3` is a number: they always differ | write int(vars.NUMBER)",
        ),
        (
            "vars.NUMBER == 3",
            "==: `vars.NUMBER` is text and `3` is a number: they are never equal | write int(vars.NUMBER)",
        ),
        (
            "3 < vars.NUMBER",
            "<: `3` is a number and `vars.NUMBER` is text: they cannot be compared | write int(vars.NUMBER)",
        ),
        ("exit_code != '1'", "!=: `exit_code` is a number and `\"1\"` is text: they always differ | write int(\"1\")"),
        (
            "elapsed < 5",
            "<: `elapsed` is a duration and `5` is a number: they cannot be compared | compare what is of one kind",
        ),
        (
            "steps.stop.finished - steps.stop.started < '5m'",
            "<: the left side is a duration and `\"5m\"` is text: they cannot be compared | write duration(\"5m\")",
        ),
        (
            "now > '2026-01-01T00:00:00Z'",
            ">: `now` is a time and `\"2026-01-01T00:00:00Z\"` is text: they cannot be compared | write parseTime(",
        ),
        (
            "params.SAFE == 'true'",
            "==: `params.SAFE` is true or false and `\"true\"` is text: they are never equal | compare",
        ),
        ("lines == 'a'", "==: `lines` is a list and `\"a\"` is text: they are never equal"),
        ("params.SIZE > '1Mi'", ">: `params.SIZE` is a number and `\"1Mi\"` is text"),
        ("lines.size() == '3'", "==: `lines.size()` is a number and `\"3\"` is text"),
        ("exit_code", "exit_code: the expression is a number and neither true nor false | compare it"),
        ("lines.filter(l, l == '')", "lines.filter(l, l == ''): the expression is a list and neither"),
        ("stdout.find('a') # found", "stdout.find('a') # found: the expression is text and neither"),
    ] {
        let found = findings(text);
        assert!(found.len() == 1 && found[0].starts_with(wanted), "{text}: {found:?}");
    }
    // Nothing is known of these, or it fits.
    for good in [
        "json.a != 3",
        "lines[0] != '3'",
        "int(vars.NUMBER) > 3",
        "params.COUNT >= 1.5",
        "lines.all(vars2, vars2 != 3)",
        "json.vars != 3",
        "params.NAME == 'x' || exit_code == 0",
        "(attempt == 1 ? 'a' : 'b') == stdout",
    ] {
        assert_eq!(findings(good), Vec::<String>::new(), "{good}");
    }
    // A list is what `values:` wants.
    assert!(parse("lines.filter(l, l != '')").check(&scope()).is_empty());
}

#[test]
fn without_a_result_only_earlier_steps_are_known() {
    let before = Known { result: false };
    let check = |text: &str| shown(text, parse(text).check(&before));
    assert_eq!(check("steps.stop.exit_code == 0 && now > parseTime('2026-01-01T00:00:00Z')"), Vec::<String>::new());
    let wanted =
        "stdout: `stdout` is a step's own result, and there is none here | write steps.NAME.stdout of an earlier step";
    assert_eq!(check("stdout == ''"), [wanted]);
}

#[test]
fn what_holds_although_nobody_looked_is_a_warning() {
    let warned = |text: &str| shown(text, block_warnings(&block(text).unwrap()));
    let all = "json.items.all(i, i.ok)";
    assert_eq!(
        warned(all),
        ["all: `all` is true if `json.items` is empty | say how many there should be, such as size(json.items) > 0"]
    );
    for sized in [
        "size(json.items) > 0",
        "json.items.size() == 3",
        "json.items[0].ok",
        "json.items != []",
        "json.items.exists(i, i.ok)",
        "'a' in json.items",
        "json.items.exists_one(i, i.ok)",
    ] {
        assert_eq!(warned(&format!("{all}\n{sized}")), Vec::<String>::new(), "{sized}");
        assert_eq!(warned(&format!("{all} && {sized}")), Vec::<String>::new(), "{sized}");
    }
    for sized in ["json['items'].size() > 0", "0 < size(json.items)", "json.items.filter(i, i.ok).size() > 1"] {
        assert_eq!(warned(&format!("{all}\n{sized}")), Vec::<String>::new(), "{sized}");
    }
    let lines = "lines.all(l, l != 'x')";
    for sized in [
        "stdout != ''",
        "stdout.contains('web')",
        "stdout.size() > 0",
        "stdout.matches('^a')",
        "'q' in lines",
        "lines == ['q']",
    ] {
        assert_eq!(warned(&format!("{lines}\n{sized}")), Vec::<String>::new(), "{sized}");
    }
    for other in [
        "lines.size() < 100",
        "lines.size() <= 100",
        "100 > size(lines)",
        "!lines.exists(l, l == 'q')",
        "lines.filter(l, l == 'q').size() == 0",
        "lines.filter(l, l == 'q') == []",
        "lines != ['q']",
        "!('q' in lines)",
        "!stdout.contains('web')",
        "stdout != 'a'",
    ] {
        assert_eq!(warned(&format!("{lines}\n{other}")).len(), 1, "{other}");
    }
    // It is found for another reason, too.
    assert_eq!(warned(&format!("{lines}\nlines.size() >= 0")).len(), 2);
    assert_eq!(warned("stdout.split(',').all(x, x != '')"), Vec::<String>::new());
    assert_eq!(warned(&format!("lines.size() == 0 || {lines}")), Vec::<String>::new());
    for other in ["size(json.other) > 0", "json.items.all(i, i.b)", "json[0].ok"] {
        assert!(!warned(&format!("{all}\n{other}")).is_empty(), "{other}");
    }
    assert_eq!(warned("rows(stdout).filter(r, r.A == 'a').all(r, r.B == 'b')").len(), 1);
    assert_eq!(
        warned("rows(stdout).filter(r, r.A == 'a').all(r, r.B == 'b')\nrows(stdout).filter(r, r.A == 'a').size() == 3")
            .len(),
        0
    );
    assert_eq!(warned("rows(stdout).all(r, r.A == 'a')\nlines.size() > 1"), Vec::<String>::new());
    assert_eq!(warned("rows(steps.stop.stdout).all(r, r.A == 'a')\nsteps.stop.lines.size() > 1").len(), 0);
    assert_eq!(warned("rows(stderr).all(r, r.A == 'a')\nlines.size() > 1").len(), 1);
    assert_eq!(warned("[0, 3].all(x, x != exit_code)"), Vec::<String>::new());
    for (text, wanted) in [
        ("true", "true: the expression looks at nothing"),
        ("1 == 1 # really", "1 == 1 # really: the expression looks at nothing"),
        ("stdout.matches('.*')", "'.*': `matches(\".*\")` is true of every text"),
        ("stdout.matches('(error)?')", "'(error)?': `matches("),
        ("stdout.contains('')", "'': `contains(\"\")` is true of every text"),
        ("lines.size() >= 0", ">=: the comparison is always true"),
        ("stdout == stdout", "==: the comparison is always true"),
    ] {
        let found = warned(text);
        assert!(found.len() == 1 && found[0].starts_with(wanted), "{text}: {found:?}");
    }
    for good in [
        "stdout.matches('^$')",
        "stdout.matches('ok')",
        "stdout.matches('^[a-z ]*$')",
        "stdout == stderr",
        "size(lines) >= 1",
        "now > timestamp('2026-01-01T00:00:00Z')",
    ] {
        assert_eq!(warned(good), Vec::<String>::new(), "{good}");
    }
}

#[test]
fn references_name_variables_parameters_and_fields_of_steps() {
    let found =
        parse("has(vars.A) && params['B'] == steps.c.json.x && steps['d-e'].stdout == stdout && steps.f == json")
            .references();
    assert_eq!(found.vars, ["A".to_owned()].into());
    assert_eq!(found.params, ["B".to_owned()].into());
    let fields: Vec<_> = found.steps.iter().map(|(step, fields)| format!("{step} {fields:?}")).collect();
    assert_eq!(fields, ["c {\"json\"}", "d-e {\"stdout\"}", "f {\"*\"}"]);
    assert_eq!(found.roots, ["json", "params", "stdout", "steps", "vars"].map(str::to_owned).into());
    assert!(found.own_result() && !parse("vars.A == ''").references().own_result());
    assert!(parse("[1].exists(x, x == 1)").references().is_empty());
    // In a loop's own names nothing is looked at.
    let own = parse("lines.exists(vars, vars.A == '')").references();
    assert!(own.vars.is_empty() && own.roots == ["lines".to_owned()].into());
}

#[test]
fn what_a_newcomer_writes_is_answered_with_what_to_write() {
    let check = |text: &str| match block(text) {
        Ok(parsed) => shown(text, parsed[0].check(&scope())).join(" "),
        Err(found) => shown(text, found).join(" "),
    };
    for (written, answer) in [
        ("lines.length() == 2", "did you mean `size`?"),
        ("lines.lenght() == 2", "did you mean `size`?"),
        ("lines.size == 2", "`lines` has no field `size`"),
        ("steps.stop.stdout.length > 2", "`stdout` has no field `length`"),
        ("exit_code == 0 // && false", "`//` begins a comment"),
        ("exit_code => 0", "write >= to compare"),
        ("$NAME == 'x'", "write params.NAME or vars.NAME"),
        ("{{NAME}} == 'x'", "write params.NAME or vars.NAME"),
        ("stdout.matches(\"\\d+\")", "write it twice"),
        ("steps.verify.exit_code == 0", "a step's own is"),
    ] {
        let said = check(written);
        assert!(said.contains(answer), "{written}: {said}");
    }
    assert_eq!(check("stdout.contains('http://x')"), "");
}
