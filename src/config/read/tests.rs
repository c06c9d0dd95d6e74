use super::*;
use crate::config::SecretSource;
use crate::runbook::Shell;
use proptest::prelude::*;

fn config(text: &str) -> Result<Config, Vec<String>> {
    read(Source::new("stepgate.toml", text)).map_err(|refused| {
        let said = |found: &Diagnostic| {
            let at = refused.source.position(found.span.start);
            format!("{} {}:{} {} [{}]", found.code, at.line, at.column, found.message, found.help.as_deref().unwrap())
        };
        refused.found.iter().map(said).collect()
    })
}

#[test]
fn everything_that_the_format_names_is_read() {
    let text = r#"
[targets]
nas = { run = "ssh nas", shell = "sh" }
web = "ssh -F 'a b' web"
[interpreter.node]
run = "node --no-warnings '#x'"
[secrets]
A = { env = "PGPASSWORD" }
B = { file = "~/b" }
C = { command = "pass show db" }
[secrets.D]
prompt = true
[limits]
grace = "1s"
output = "1MiB"
[lint]
SG064 = "off"
SG065 = "error"
[sign]
key = "~/.ssh/id.pub"
allowed = "allowed_signers"
[profile.lab]
params = { NAME = "lab", COUNT = 1_4, RATIO = 1.50, ON = true }
targets = { nas = "local" }
gates = { save = "none", "drop_db" = "type" }
secrets = { A = { prompt = true } }
"#;
    let config = config(text).unwrap();
    assert_eq!(config.targets["nas"].shell, Shell::Sh);
    assert_eq!(config.targets["web"].words, ["ssh", "-F", "a b", "web"]);
    assert_eq!(config.interpreters["node"].words, ["node", "--no-warnings", "#x"]);
    assert_eq!(config.secrets["A"], SecretSource::Environment("PGPASSWORD".into()));
    assert_eq!(config.secrets["B"], SecretSource::File("~/b".into()));
    assert_eq!(config.secrets["C"].to_string(), "from the command pass show db");
    assert_eq!(config.secrets["D"], SecretSource::Prompt);
    assert_eq!((config.limits.grace.as_secs(), config.limits.drain.as_secs(), config.limits.output), (1, 2, 1 << 20));
    let lint: Vec<_> = config
        .lint
        .iter()
        .map(|lint| (lint.code.as_str(), lint.level, &text[lint.span.start..lint.span.end]))
        .collect();
    assert_eq!(lint, [("SG064", Level::Off, "SG064"), ("SG065", Level::Error, "SG065")]);
    let sign = (config.sign.key.as_deref(), config.sign.allowed.as_deref());
    assert_eq!(sign, (Some("~/.ssh/id.pub"), Some("allowed_signers")));
    let lab = &config.profiles["lab"];
    // As the author wrote them.
    assert_eq!(["NAME", "COUNT", "RATIO", "ON"].map(|name| lab.params[name].as_str()), ["lab", "1_4", "1.50", "true"]);
    assert!(lab.targets["nas"].is_local() && lab.secrets["A"] == SecretSource::Prompt);
    assert_eq!((lab.gates["save"], lab.gates["drop_db"]), (Gate::None, Gate::Type));
}

#[test]
fn an_empty_file_says_what_no_file_says() {
    assert_eq!(config("").unwrap(), Config::default());
    assert_eq!(config("\u{feff}# nothing\r\n[limits]\r\n").unwrap(), Config::default());
}

#[test]
fn every_mistake_is_named_with_its_line_its_column_and_what_to_do() {
    for (text, words) in [
        ("[target]\n", "SG016 1:2 unknown key `target` [did you mean `targets`?]"),
        ("[targets]\nlocal = \"x\"\n", "2:1 `local` is this machine"),
        ("[targets]\nx = 3\n", "2:5 `x` must be text: put it in quotes"),
        ("[targets]\nx = { each = {} }\n", "SG009 2:7 not supported yet: groups"),
        ("[targets]\nx = \"ssh 'a\"\n", "2:5 the target `x` has no command: a quote in it is never closed"),
        ("[targets]\nx = { run = \"ssh\", shell = \"zsh\" }\n", "2:28 `zsh` is no shell"),
        ("[targets]\nx = { shell = \"sh\" }\n", "2:5 the target `x` has no `run`"),
        ("[targets]\nx = { ruin = \"a\" }\n", "2:7 unknown key `ruin` [did you mean `run`?]"),
        ("[targets]\n\"a\\u001b\" = \"x\"\n", "2:1 the name `a\\x1b` holds an invisible character"),
        ("[targets]\n\"\" = \"x\"\n", "2:1 the name is empty"),
        ("targets = 3\n", "1:11 `targets` must be a table"),
        ("[secrets]\nA = { env = \"B\", file = \"c\" }\n", "2:5 the secret `A` needs exactly one source and has 2"),
        ("[secrets]\nA = {}\n", "2:5 the secret `A` needs exactly one source and has 0"),
        ("[secrets]\nA = { evn = \"B\" }\n", "2:7 unknown key `evn` [did you mean `env`?]"),
        ("[secrets]\nA = { env = \"\" }\n", "2:13 `env` is empty"),
        ("[secrets]\nA = { env = \"B=c\" }\n", "2:13 `B=c` is no name of an environment variable"),
        ("[secrets]\nA = { file = \"a\\nb\" }\n", "2:14 `file` holds the invisible character U+000A"),
        ("[secrets]\nA = { command = \"pass #db\" }\n", "2:17 `pass #db` is no command: a word in it starts with `#`"),
        ("[secrets]\nA = { command = \" \" }\n", "2:17 ` ` is no command: it names no program"),
        ("[secrets]\nA = { prompt = false }\n", "2:16 `prompt` must be true"),
        ("[secrets]\nPATH = { env = \"B\" }\n", "2:1 `PATH` cannot be the name of a secret"),
        ("[limits]\ngrace = \"5\"\n", "2:9 `5` is no duration: it needs a unit"),
        ("[limits]\ngrace = 5\n", "2:9 `grace` must be text"),
        ("[limits]\noutput = \"0B\"\n", "2:10 `0B` is no size: it must be more than zero"),
        ("[lint]\nSG022 = \"off\"\n", "2:1 SG022 is an error by nature"),
        ("[lint]\nSG099 = \"off\"\n", "2:1 there is no code `SG099` [did you mean `SG06"),
        ("[lint]\nSG064 = \"of\"\n", "2:9 `of` is no level"),
        ("[sign]\nkye = \"x\"\n", "2:1 unknown key `kye`"),
        ("[sign]\nkey = 1\n", "2:7 `key` must be text"),
        ("[sign]\nallowed = \"\"\n", "2:11 `allowed` is empty"),
        ("[profile.lab]\ngates = { a = \"nnone\" }\n", "2:15 `nnone` is no gate"),
        ("[profile.lab]\ngates = { a = \"approve\" }\n", "SG009 2:11 not supported yet: the gate `approve`"),
        ("[profile.lab]\nparams = { LD_X = \"a\" }\n", "2:12 `LD_X` cannot be the name of a parameter"),
        ("[profile.lab]\nparams = { A = 2020-01-01 }\n", "2:16 `A` must be text, a number or a truth value"),
        ("[profile.lab]\nparam = {}\n", "2:1 unknown key `param` [did you mean `params`?]"),
        ("[interpreter.bash]\nrun = \"x\"\n", "1:14 `bash` cannot be an interpreter"),
        ("[interpreter.node]\n", "the interpreter `node` has no `run`"),
        ("[targets]\nx = \"a\"\nx = \"b\"\n", "3:1 it cannot be read: duplicate key"),
        ("x = [", "it cannot be read"),
        ("x = \"\u{1}\"", "1:6 it cannot be read"),
    ] {
        let errors = config(text).unwrap_err();
        assert!(errors.iter().any(|error| error.contains(words)), "{text}: {errors:?}");
    }
}

#[test]
fn all_mistakes_are_named_at_once_in_the_order_of_the_file() {
    let errors = config("[secrets]\nA = {}\n[lint]\nX = \"off\"\n[targets]\nlocal = \"x\"\nb = 1\n").unwrap_err();
    let lines: Vec<_> = errors.iter().map(|error| error.split([' ', ':']).nth(1).unwrap()).collect();
    assert_eq!(lines, ["2", "4", "6", "7"]);
}

#[test]
fn depth_and_length_are_bounded() {
    let nested = |open: &str, close: &str, n: usize| format!("x = {}{}", open.repeat(n), close.repeat(n));
    for text in [
        nested("[", "]", 100_000),
        nested("{a=", "}", 100_000),
        format!("{}x = 1", "a.".repeat(100_000)),
        "[".repeat(100_000),
    ] {
        assert!(config(&text).unwrap_err()[0].contains("SG016"));
    }
    let long = format!("#{}\n", "x".repeat(1 << 20));
    assert!(config(&long).unwrap_err()[0].contains("more than 1 MiB"));
    assert!(config(&long[2..]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn no_text_makes_it_panic(text in "(\\[[a-z.\"]{0,9}\\]\n|[a-zA-Z\"]{1,4} = [\"{}\\[\\]a-z0-9=,\\\\ ]{0,12}\n|\\PC{0,20}\n){0,8}") {
        _ = config(&text);
    }

    #[test]
    fn whatever_stands_in_a_section_every_finding_lies_in_the_file(
        section in "(targets|interpreter\\.x|secrets|limits|lint|profile\\.lab|sign)",
        key in "(run|local|A|grace|output|SG064|params|gates|secrets|targets|\"\\\\u001b\")",
        value in "(\"[a-z0-9'# \\\\\\\\]{0,6}\"|[0-9]{1,30}|true|1\\.5|\\{ ?[A-Za-z]{1,7} = (\"[a-z]{0,5}\"|\\{\\}|7) ?\\}|\\[\\]|07:32:00)",
    ) {
        let text = format!("[{section}]\n{key} = {value}\n");
        if let Err(refused) = read(Source::new("stepgate.toml", text.as_str())) {
            for found in &refused.found {
                prop_assert!(found.span.end <= text.len() && found.span.start <= found.span.end, "{text}: {found:?}");
                prop_assert!(!found.message.chars().any(crate::text::is_dangerous), "{text}: {found:?}");
                prop_assert!(found.help.is_some());
            }
        }
    }
}
