//! Blocks: lines, continuations, messages, places.

use super::*;

#[test]
fn one_expression_a_line_with_continuations_messages_and_comments() {
    let text = "# what must hold\nexit_code == 0\n\nstdout.contains('#')   # not empty\n  && attempt < 3\n\n# end\nlines.size() > 0 && # why\n\tattempt == 2 # other";
    let block = block(text).unwrap();
    let shown: Vec<_> = block.iter().map(|one| (one.text(), one.message())).collect();
    assert_eq!(
        shown,
        [
            ("exit_code == 0", None),
            ("stdout.contains('#') && attempt < 3", Some("not empty")),
            ("lines.size() > 0 && attempt == 2", Some("why")),
        ]
    );
    let span = block[1].span();
    assert_eq!(&text[span.start..span.end], "stdout.contains('#')   # not empty\n  && attempt < 3");
}

#[test]
fn a_block_without_an_expression_and_every_bad_one_is_an_error() {
    for nothing in ["", "\n\n", "# nothing", "   # indented\n"] {
        let found = block(nothing).unwrap_err();
        assert_eq!(found[0].message, "the block asserts nothing", "{nothing:?}");
    }
    assert!(parse_block([]).is_err());
    assert_eq!(block("1 +\nexit_code == 0\n)").unwrap_err().len(), 2);
}

#[test]
fn what_cannot_be_read_has_a_caret_at_its_place() {
    for (text, wanted) in [
        ("exit_code == 0\nstdout == == 3", "== 3: the expression cannot be read: `==` is not expected here | "),
        (
            "exit_code == 0\n  and attempt == 1",
            "and attempt == 1: the expression cannot be read: `and` is not expected here | write && for and",
        ),
        ("vars.FILE = 'a'", "= 'a': the expression cannot be read: `=` compares nothing | write == to compare"),
        ("'é' == §", "§: the expression cannot be read: `§` is no part of the language | "),
        ("exit_code ==", ": the expression cannot be read: it ends too early | "),
        ("(exit_code == 0", ": the expression cannot be read: it ends without `)` | "),
        ("stdout == 'a", "'a: the quoted text does not end | a text ends on its own line"),
        ("stdout == '''a\n  # b'''", "'''a: the quoted text does not end | "),
        ("json.?a == 1", "?a == 1: the expression cannot be read: unsupported syntax '.?' | "),
        (
            "exit_code == 99999999999999999999",
            "99999999999999999999: the expression cannot be read: invalid int literal | ",
        ),
        ("has(json)", "json): the expression cannot be read: invalid argument to has() macro | "),
        ("lines.all(3, true)", "3, true): the expression cannot be read: argument must be a simple name | "),
    ] {
        let found = shown(text, block(text).expect_err(text));
        assert!(found[0].contains(wanted), "{text}: {found:?}");
    }
    let found = parse_expression("exit_code == 0 # why", Span::new(0, 20)).unwrap_err();
    assert_eq!(found.help.as_deref(), Some("a message behind # stands in an assert block only"));
}
