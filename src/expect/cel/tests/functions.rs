//! Each function by an example: what holds, and what does not.

use super::super::functions::names;
use super::*;

const OUTPUT: &str = "alpha\nbeta gamma\n";

/// One line a function: its name, an expression that is true of [`OUTPUT`], one that is false.
const EXAMPLES: &[(&str, &str, &str)] = &[
    ("bool", "bool('true')", "bool('false')"),
    ("bytes", "bytes(stdout).size() == 17", "bytes(stdout) == b'x'"),
    (
        "columns",
        "columns(lines[1]) == ['beta', 'gamma'] && columns(' a\t b ').size() == 2",
        "columns(stdout).size() == 9",
    ),
    ("double", "double('1.5') == 1.5", "double(exit_code) == 0.5"),
    (
        "duration",
        "duration('1h 30m') == params.WAIT && duration('7d') > duration('100ms')",
        "params.WAIT < duration('1h')",
    ),
    ("dyn", "dyn(exit_code) == 0", "dyn(exit_code) == 1"),
    ("has", "has(vars.FILE) && !has(vars.UNSET) && has(steps.stop.stdout)", "has(vars.UNSET)"),
    ("int", "int(vars.NUMBER) == 17 && int(1.9) == 1", "int(vars.NUMBER) == 18"),
    ("matches", "stdout.matches('^al') && matches(stdout, 'eta')", "stdout.matches('^$')"),
    ("parseTime", "parseTime('Thu Jan  1 01:00:00 UTC 2026') == now", "parseTime('2026-01-01T00:00:00+01:00') == now"),
    (
        "quantity",
        "quantity('1Mi') == params.SIZE && quantity('1500m') == 1.5 && quantity(5) == 5",
        "quantity('1M') == params.SIZE",
    ),
    ("rows", "rows('A B\n1 2')[0].B == '2'", "rows(stdout).exists(r, r.alpha == 'x')"),
    ("semver", "semver('v1.34.3+k3s1') == semver('1.34.3')", "semver('1.34.3') == semver('1.34.4')"),
    ("size", "size(stdout) == 17 && lines.size() == 2 && size({'a': 1}) == 1", "size(lines) == 3"),
    ("string", "string(exit_code) == '0' && string(now) == '2026-01-01T01:00:00Z'", "string(attempt) == '3'"),
    ("timestamp", "timestamp('2026-01-01T01:00:00Z') == now", "timestamp('2026-01-01T01:00:00.1Z') == now"),
    ("type", "type(exit_code) == int && type(stdout) == string", "type(exit_code) == string"),
    ("uint", "uint(exit_code) == 0u", "uint(exit_code) == 1u"),
    ("all", "lines.all(l, l.size() > 2)", "lines.all(l, l == 'alpha')"),
    ("charAt", "stdout.charAt(1) == 'l'", "stdout.charAt(0) == 'l'"),
    (
        "compareTo",
        "semver('1.0.0-rc.2').compareTo(semver('1.0.0-rc.11')) == -1",
        "semver('2.0.0').compareTo(semver('1.0.0')) == 0",
    ),
    ("contains", "stdout.contains('beta')", "stdout.contains('delta')"),
    ("endsWith", "lines[1].endsWith('ma')", "stdout.endsWith('x')"),
    ("exists", "lines.exists(l, l.startsWith('be'))", "lines.exists(l, l == '')"),
    ("existsOne", "lines.existsOne(l, l.startsWith('be'))", "lines.existsOne(l, l.size() > 1)"),
    ("exists_one", "lines.exists_one(l, l.startsWith('be'))", "lines.exists_one(l, l.size() > 1)"),
    ("filter", "lines.filter(l, l != 'alpha') == [lines[1]]", "lines.filter(l, l == '') == lines"),
    ("find", "stdout.find('b.t') == 'bet' && stdout.find('xx') == ''", "stdout.find('b.t') == ''"),
    ("findAll", "stdout.findAll('[a-z]a') == ['ha', 'ta', 'ga', 'ma']", "stdout.findAll('x') == lines"),
    ("getDate", "now.getDate() == 1", "now.getDate() == 2"),
    ("getDayOfMonth", "now.getDayOfMonth() == 0", "now.getDayOfMonth() == 1"),
    ("getDayOfWeek", "now.getDayOfWeek() == 4", "now.getDayOfWeek() == 5"),
    ("getDayOfYear", "now.getDayOfYear() == 0", "now.getDayOfYear() == 1"),
    ("getFullYear", "now.getFullYear() == 2026 && now.getFullYear('-02:00') == 2025", "now.getFullYear() == 2025"),
    (
        "getHours",
        "now.getHours() == 1 && now.getHours('Europe/Berlin') == 2 && params.WAIT.getHours() == 1",
        "now.getHours() == 2",
    ),
    ("getMilliseconds", "now.getMilliseconds() == 0", "now.getMilliseconds() == 1"),
    ("getMinutes", "now.getMinutes() == 0 && params.WAIT.getMinutes() == 90", "now.getMinutes() == 1"),
    ("getMonth", "now.getMonth() == 0", "now.getMonth() == 1"),
    ("getSeconds", "now.getSeconds() == 0 && elapsed.getSeconds() == 1", "now.getSeconds() == 1"),
    ("indexOf", "stdout.indexOf('beta') == 6 && stdout.indexOf('a', 1) == 4", "stdout.indexOf('x') == 0"),
    (
        "isGreaterThan",
        "semver('v1.34.3+k3s1').isGreaterThan(semver('1.33.0'))",
        "semver('1.0.0-rc.1').isGreaterThan(semver('1.0.0'))",
    ),
    ("isLessThan", "semver('1.9.0').isLessThan(semver('1.10.0'))", "semver('1.9.0').isLessThan(semver('1.9.0'))"),
    ("join", "lines.join(', ') == 'alpha, beta gamma' && ['a', 'b'].join() == 'ab'", "lines.join('') == ''"),
    ("lastIndexOf", "stdout.lastIndexOf('a') == 15 && stdout.lastIndexOf('a', 5) == 4", "stdout.lastIndexOf('x') == 1"),
    ("lowerAscii", "'ABC'.lowerAscii() == 'abc'", "stdout.lowerAscii() == ''"),
    ("major", "semver('1.34.3').major() == 1", "semver('1.34.3').major() == 2"),
    (
        "map",
        "lines.map(l, l.size()) == [5, 10] && lines.map(l, l == 'alpha', l + '!') == ['alpha!']",
        "lines.map(l, l) == []",
    ),
    ("minor", "semver('1.34.3').minor() == 34", "semver('1.34.3').minor() == 2"),
    ("patch", "semver('1.34.3').patch() == 3", "semver('1.34.3').patch() == 2"),
    (
        "replace",
        "lines[0].replace('a', 'x') == 'xlphx' && 'aaa'.replace('a', 'b', 2) == 'bba'",
        "stdout.replace('a', '') == stdout",
    ),
    ("split", "stdout.split('\n')[1] == 'beta gamma' && stdout.split('\n', 2).size() == 2", "stdout.split('') == []"),
    ("startsWith", "stdout.startsWith('al')", "stdout.startsWith('b')"),
    (
        "substring",
        "stdout.substring(1, 3) == 'lp' && stdout.substring(11) == 'gamma\n'",
        "stdout.substring(1, 3) == 'al'",
    ),
    ("trim", "' a '.trim() == 'a'", "stdout.trim() == ''"),
    ("upperAscii", "stdout.upperAscii().startsWith('AL')", "stdout.upperAscii() == stdout"),
];

#[test]
#[expect(clippy::print_stdout, reason = "a count")]
fn every_function_has_an_example_that_is_true_and_one_that_is_false() {
    for name in names(false).chain(names(true)) {
        assert!(EXAMPLES.iter().any(|(known, ..)| *known == name), "no example of {name}");
    }
    for (name, yes, no) in EXAMPLES {
        // A line's end stands for itself here, and as `\n` in the expression.
        let (yes, no) = (yes.replace('\n', "\\n"), no.replace('\n', "\\n"));
        assert_eq!(judge(&yes, OUTPUT), Outcome { holds: true, detail: None }, "{name}");
        let no = judge(&no, OUTPUT);
        assert!(!no.holds && no.detail.as_ref().is_some_and(|detail| detail.contains("is false")), "{name}: {no:?}");
    }
    println!("{} functions, {} expressions", EXAMPLES.len(), 2 * EXAMPLES.len());
}

#[test]
fn operators_mix_whole_numbers_and_doubles() {
    for yes in [
        "exit_code < 0.5 && attempt == 2.0 && attempt > 1.5 && 1 < 1.1",
        "attempt + 3 * 4 - 10 / 2 % 3 == 12",
        "-attempt == -2 && !(attempt == 3)",
        "now - steps.stop.finished == duration('59m') && steps.stop.started + duration('1h') == now",
        "elapsed == duration('1500ms') || elapsed > duration('1s')",
        "[1, attempt] + [3] == [1, 2, 3] && 'a' + stdout == 'ax'",
        "attempt in [1, 2] && 'a' in {'a': exit_code}",
        "attempt == 2 ? exit_code == 0 : false",
    ] {
        assert_eq!(judge(yes, "x"), Outcome { holds: true, detail: None }, "{yes}");
    }
}

#[test]
fn json_is_whole_numbers_doubles_and_never_unsigned() {
    let json = r#"{"size": 20, "half": 0.5, "big": 9223372036854775807, "none": null, "list": [1, "a", true], "a-b": {"c": 1}}"#;
    for yes in [
        "json.size / 3 == 6 && json.size - 30 == -10 && type(json.size) == int",
        "json.half * 2.0 == 1.0 && json.half < json.size",
        "json.big == 9223372036854775807",
        "json.none == null && json.list[2] && json['a-b'].c == 1",
        "has(json.size) && !has(json.other) && json.list.exists(x, x == 'a')",
        "steps.stop.json.n == params.COUNT && steps['a-b'].lines == ['{\"n\": 3}']",
    ] {
        assert_eq!(judge(yes, json), Outcome { holds: true, detail: None }, "{yes}");
    }
}
