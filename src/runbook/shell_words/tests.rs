use super::super::model::Line;
use super::*;
use crate::diagnostic::Span;
use proptest::prelude::*;
use std::time::{Duration, Instant};

/// Lines that stand in the file one below the other, each behind two bytes of indentation.
fn script(text: &str) -> Vec<Line> {
    let mut at = 0;
    text.split('\n')
        .map(|text| {
            let start = at + 2;
            at = start + text.len() + 1;
            Line { text: text.to_owned(), span: Span::new(start, start + text.len()) }
        })
        .collect()
}

fn lex(text: &str) -> Vec<Token> {
    tokens(&script(text))
}

/// Kinds by a letter, each with its text.
fn shown(text: &str) -> String {
    let letter = |kind| match kind {
        TokenKind::Word => "w",
        TokenKind::Operator => "o",
        TokenKind::Comment => "c",
        TokenKind::HereDoc => "h",
        TokenKind::Newline => "n",
    };
    let shown: Vec<_> = lex(text).iter().map(|token| format!("{}:{:?}", letter(token.kind), token.text)).collect();
    shown.join(" ").replace(" n:\"\\n\"", " /").trim_end_matches(" /").to_owned()
}

/// The parts of the first word or here-document that has any.
fn parts(text: &str) -> Vec<(PartKind, String, bool)> {
    let tokens = lex(text);
    let token = tokens.iter().rev().find(|token| !token.parts.is_empty()).expect("there is one");
    token.parts.iter().map(|part| (part.kind.clone(), part.text.clone(), part.quoted)).collect()
}

/// The texts of the innermost lists of commands.
fn inner(text: &str) -> Vec<String> {
    let tokens = lex(text);
    let lists = everywhere(&tokens);
    lists[1..].iter().map(|list| list.iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn words_and_operators_are_those_of_a_shell() {
    for (text, wanted) in [
        ("ls -l|grep a&&b;c&", r#"w:"ls" w:"-l" o:"|" w:"grep" w:"a" o:"&&" w:"b" o:";" w:"c" o:"&""#),
        ("a 2>&1 >>b <c 3<<<d", r#"w:"a" o:"2>&" w:"1" o:">>" w:"b" o:"<" w:"c" o:"3<<<" w:"d""#),
        ("a2>b", r#"w:"a2" o:">" w:"b""#),
        ("a \\\n b\\\nc", r#"w:"a" w:"b\\\nc""#),
        ("(a) # b", r##"o:"(" w:"a" o:")" c:"# b""##),
        ("a#b '#c' \\#d", r##"w:"a#b" w:"'#c'" w:"\\#d""##),
        ("a 'b\nc' \"d\ne\"", r#"w:"a" w:"'b\nc'" w:"\"d\ne\"""#),
        ("a '", r#"w:"a" w:"'\n""#),
        ("((a<b)); if ((c)); then", r#"w:"((a<b))" o:";" w:"if" w:"((c))" o:";" w:"then""#),
        ("((a); (b))", r#"o:"(" o:"(" w:"a" o:")" o:";" o:"(" w:"b" o:")" o:")""#),
        ("diff <(a b) >(c)", r#"w:"diff" w:"<(a b)" w:">(c)""#),
        ("é ü", r#"w:"é" w:"ü""#),
    ] {
        assert_eq!(shown(text), wanted, "{text}");
    }
}

#[test]
fn here_documents_begin_behind_their_line_and_end_at_their_word() {
    assert_eq!(
        shown("cat <<A <<-'B C' | x\na <\nA\nb\n\tB C\nls"),
        r#"w:"cat" o:"<<" w:"A" o:"<<-" w:"'B C'" o:"|" w:"x" / h:"a <\n" h:"b\n" w:"ls""#
    );
    assert_eq!(shown("cat <<A\nnever"), r#"w:"cat" o:"<<" w:"A" / h:"never\n""#);
    assert_eq!(inner("x=\"$(cat <<A\nb )\nA\n)\" y"), ["cat << A \n b )\n"]);
    let text = |text: &str, quoted| (PartKind::Text, text.to_owned(), quoted);
    assert_eq!(parts("cat <<'A'\n$X\nA"), [text("$X\n", true)]);
    let unquoted = [text("a \"", false), (PartKind::Variable("X".into()), "$X".into(), false), text("\"\n", false)];
    assert_eq!(parts("cat <<A\na \"$X\"\nA"), unquoted);
}

#[test]
fn parts_say_what_is_text_and_what_is_quoted() {
    let text = |text: &str, quoted| (PartKind::Text, text.to_owned(), quoted);
    let variable = |name: &str, text: &str, quoted| (PartKind::Variable(name.into()), text.to_owned(), quoted);
    assert_eq!(parts("a'b c'\\d"), [text("a", false), text("b cd", true)]);
    assert_eq!(
        parts("\"a\\\"$B\\$\"$C"),
        [text("a\"", true), variable("B", "$B", true), text("$", true), variable("C", "$C", false)]
    );
    assert_eq!(
        parts("${A:-x}$1$@${#B}$"),
        [
            variable("A", "${A:-x}", false),
            variable("1", "$1", false),
            variable("@", "$@", false),
            variable("B", "${#B}", false),
            text("$", false)
        ]
    );
    assert_eq!(parts("$'a\\'b'"), [text("a\\'b", true)]);
    assert_eq!(parts("\"\""), [text("", true)]);
    assert_eq!(parts("\"${A:-can't}\" b")[0], text("b", false));
    assert_eq!(parts("$((1 + (2)))"), [(PartKind::Arithmetic, "$((1 + (2)))".into(), false)]);
}

#[test]
fn what_is_run_inside_a_word_is_read_too() {
    for (text, wanted) in [
        ("a=$(b | c 'd)')", vec!["b | c 'd)'"]),
        ("a \"x $(b \"$(c)\") y\"", vec!["b \"$(c)\"", "c"]),
        ("a `b \\`c\\` d` e", vec!["b \\`c\\` d"]),
        ("a $( case x in (b) c;; d) e;; esac; f) g", vec!["case x in ( b ) c ;; d ) e ;; esac ; f"]),
        ("a $( (b); c ) d", vec!["( b ) ; c"]),
        ("a $((b); c) d", vec!["( b ) ; c"]),
        ("${A:-$(b)}", vec![":-$(b)", "b"]),
        ("a ` b", vec![]),
        ("a $(b", vec!["b \n"]),
        ("a $(b # c)\nd) e", vec!["b # c) \n d"]),
    ] {
        assert_eq!(inner(text), wanted, "{text}");
    }
    assert_eq!(lex("a $(b)$X 'c'")[1].literal(), None);
    assert_eq!(lex("a b'c d'\"e\"")[1].literal().as_deref(), Some("bc de"));
}

#[test]
fn every_place_is_that_of_the_file() {
    let lines = script("a \"$(b\nc)\" <<E\nd $X\nE");
    let file: String = lines.iter().map(|line| format!("  {}\n", line.text)).collect();
    let slice = |span: Span| &file[span.start..span.end];
    let tokens = tokens(&lines);
    assert_eq!(slice(tokens[1].span), "\"$(b\n  c)\"");
    let inner = &tokens[1].parts[0].inner;
    assert_eq!((slice(inner[0].span), slice(inner[1].span), slice(inner[2].span)), ("b", "", "c"));
    let document = tokens.iter().find(|token| token.kind == TokenKind::HereDoc).unwrap();
    assert_eq!((slice(document.span), slice(document.parts[1].span)), ("d $X", "$X"));
}

#[test]
fn no_nesting_makes_it_slow_or_overflow() {
    let count = 100_000;
    let again = |text: &str| text.repeat(count);
    for text in [
        again("$("),
        again("${a:-"),
        again("\"$("),
        again("(("),
        again("$(("),
        format!("{}{}", again("(("), again(") ) ")),
        format!("{}{}", again("$(("), again(") ) ")),
        again("`"),
        again("\\`` "),
        again("<<A\n"),
        again("cat <<A <<B\n$(\n"),
        again("'\""),
        again("case x in "),
        again("1 "),
        again(">("),
    ] {
        let start = Instant::now();
        _ = lex(&text);
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", &text[..20]);
    }
}

proptest! {
    #[test]
    fn no_script_makes_it_panic_and_nothing_but_blanks_is_lost(
        text in "([ab1é \\n'\"\\\\$`(){}<>|&;#!-]|<<|\\$\\(|\\$\\{|\\(\\(|case |esac|\\PC){0,60}"
    ) {
        let lines = script(&text);
        let file: String = lines.iter().map(|line| format!("  {}\n", line.text)).collect();
        let tokens = tokens(&lines);
        let (mut at, mut lost) = (0, String::new());
        for token in &tokens {
            if token.kind != TokenKind::HereDoc {
                prop_assert!(token.span.start >= at, "{:?}", token);
            }
            prop_assert!(!token.text.is_empty() || token.kind == TokenKind::HereDoc);
            lost.push_str(&file[at..token.span.start.max(at)]);
            at = token.span.end.max(at);
        }
        // What is in no token: blanks, joined lines, and the line that ends a here-document.
        if !text.contains("<<") {
            prop_assert!(lost.chars().all(|c| " \t\n\\".contains(c)), "{lost:?}");
        }
        for token in everywhere(&tokens).into_iter().flatten() {
            prop_assert!(token.span.start <= token.span.end && file.get(token.span.start..token.span.end).is_some());
            prop_assert!(token.parts.iter().all(|part| file.get(part.span.start..part.span.end).is_some()));
        }
    }
}

#[test]
fn only_what_the_shell_replaces_is_a_use_of_a_variable() {
    for text in [
        "echo $V",
        "echo \"$V\"",
        "echo ${V}",
        "echo \"${X:-$V}\"",
        "x=$(echo $V)",
        "echo `echo $V`",
        "cat <<E\n$V\nE",
        "echo $(( $V + 1 ))",
        "echo \"it's $V\"",
        "diff <(echo $V) f",
        "echo ${#V}",
    ] {
        assert!(uses(&lex(text)).iter().any(|(name, _)| name == "V"), "{text}");
    }
    for text in [
        "awk '{print $V}'",
        "echo '$V'",
        "echo \\$V",
        "# $V",
        "echo a # $V",
        "cat <<'E'\n$V\nE",
        "cat <<\\E\n${V}\nE",
        "echo $'$V'",
        "echo $VV",
    ] {
        assert!(uses(&lex(text)).iter().all(|(name, _)| name != "V"), "{text}");
    }
}

#[test]
fn what_a_script_sets_itself_is_known() {
    for text in [
        "V=1",
        "a; V=1 b; c",
        "a && V=1",
        "  V+=x",
        "V[0]=x",
        "X=1 V=2",
        "read V",
        "read -r -p 'x' A V <f",
        "while read -r V; do a; done",
        "for V in a b; do c; done",
        "for ((V=0; V<3; V++)); do a; done",
        "select V in a b; do c; done",
        "f() { local V=1; }",
        "local V; a",
        "declare -i V=1",
        "export V=1",
        "readonly V=1",
        "printf -v V %s x",
        "mapfile -t V <f",
        "readarray V",
        "getopts ab V",
        "(( V = 1 ))",
        "(( V++ ))",
        "let V=1",
        ": \"${V:=x}\"",
        "if V=$(a); then b; fi",
        "case x in x) V=1;; esac",
        "x=$(V=1; a)",
        "command read V",
    ] {
        assert!(assigned(&lex(text)).contains("V"), "{text}");
    }
    for text in [
        "echo V=1",
        "export V",
        "make V=1",
        "echo 'V=1'",
        "# V=1",
        "(( V == 1 ))",
        "VV=1",
        "printf %s V",
        "echo ${V:-x}",
        "cat <<E\nV=1\nE",
    ] {
        assert!(!assigned(&lex(text)).contains("V"), "{text}");
    }
}
