//! What a session holds, given to another one as data, by way of JSON.

use std::collections::{BTreeMap, BTreeSet};

use stepgate::session_state::{Bytes, Reason, SessionState, Value, Variable};
use stepgate::shell::{SessionConfig, ShellKind};

use crate::harness::{LIMIT, Shell, block_on, config};

const BASH: [&str; 2] = ["bash", "bash over one connection"];
const EVERY: [&str; 5] = ["bash", "bash over one connection", "sh", "sh over one connection", "busybox"];

fn of_kind(kind: &str) -> SessionConfig {
    let shell = if kind.starts_with("bash") { ShellKind::Bash } else { ShellKind::Sh };
    let prefix = if kind.ends_with("connection") { vec!["env".to_owned()] } else { Vec::new() };
    let mut config = SessionConfig { shell, prefix, ..config() };
    if kind == "busybox" {
        config.prefix = named_sh("busybox");
    }
    config.environment.push(("EXPORTED".into(), "from the environment".into()));
    config.environment.push(("GONE".into(), "from the environment".into()));
    config
}

/// The words behind which `sh` is this program.
fn named_sh(program: &str) -> Vec<String> {
    let folder = std::env::temp_dir().join(format!("stepgate-sh-{program}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let places = ["/bin", "/usr/bin"].map(|place| std::path::Path::new(place).join(program));
    let found = places.iter().find(|path| path.exists()).expect("it is missing");
    _ = std::os::unix::fs::symlink(found, folder.join("sh"));
    vec!["env".to_owned(), format!("PATH={}:/usr/bin:/bin", folder.display())]
}

async fn portable(shell: &mut Shell) -> Option<SessionState> {
    portable_less(shell, &[], "no secret").await
}

async fn portable_less(shell: &mut Shell, omit: &[&str], secret: &str) -> Option<SessionState> {
    let omit: BTreeSet<String> = omit.iter().map(|name| (*name).to_owned()).collect();
    let is_secret = |bytes: &[u8]| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
    shell.session.portable(&omit, &is_secret, LIMIT).await
}

async fn resumed(kind: &str, state: &SessionState, values: &[(&str, &str)]) -> Shell {
    let text = serde_json::to_string(state).expect("JSON");
    let state: SessionState = serde_json::from_str(&text).expect("the state again");
    let values: BTreeMap<String, String> =
        values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let mut shell = Shell::with(of_kind(kind)).await;
    shell.session.resume(&state, &values).await.expect("a state that can be given");
    shell
}

/// Runs the steps in a session, and what `show` prints must be the same there and in a session that is given its state.
/// So must its state be, before a step and after one, and when its shell was ended once more.
async fn goes_on(kind: &str, steps: &[&str], show: &str) -> SessionState {
    let mut first = Shell::with(of_kind(kind)).await;
    for step in steps {
        let ran = first.run(step).await;
        assert_eq!(ran.code(), 0, "{kind}: {step}: {ran:?}");
    }
    let state = portable(&mut first).await.expect("a state");
    let shown = first.run(show).await;
    assert_eq!(shown.code(), 0, "{kind}: {shown:?}");
    let mut second = resumed(kind, &state, &[]).await;
    same(&portable(&mut second).await.expect("a state"), &state, kind);
    let again = second.run(show).await;
    assert_eq!((again.code(), &again.stdout, &again.stderr), (0, &shown.stdout, &shown.stderr), "{kind}: {again:?}");
    same(&portable(&mut second).await.expect("a state"), &state, kind);
    assert_eq!(second.run("exit 3").await.code(), 3, "{kind}");
    let again = second.run(show).await;
    assert_eq!((again.code(), &again.stdout), (0, &shown.stdout), "{kind}: {again:?}");
    same(&portable(&mut second).await.expect("a state"), &state, kind);
    state
}

fn same(one: &SessionState, other: &SessionState, kind: &str) {
    let [one, other] = [one, other].map(|state| serde_json::to_string_pretty(state).expect("JSON"));
    assert_eq!(one, other, "{kind}");
}

fn variable<'a>(state: &'a SessionState, name: &str) -> Option<&'a Variable> {
    state.variables.iter().find(|variable| variable.name == name)
}

fn text(value: &str) -> Bytes {
    Bytes(value.as_bytes().to_vec())
}

#[test]
fn nothing_is_carried_where_nothing_has_changed() {
    block_on(async {
        for kind in EVERY {
            let state = goes_on(kind, &["true", "echo a | cat; (exit 0)"], "pwd").await;
            assert!(
                state.variables.is_empty() && state.unset.is_empty() && state.withheld.is_empty(),
                "{kind}: {state:#?}"
            );
            assert!(state.functions.is_empty() && state.options.is_empty() && state.shell_options.is_empty());
        }
    });
}

#[test]
fn every_shell_goes_on_with_what_another_one_held() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("it's $(touch canary) `touch canary`");
    std::fs::create_dir(&place).expect("a folder");
    let enter = format!("cd \"{}\"", place.display().to_string().replace('$', "\\$").replace('`', "\\`"));
    let steps = [
        &enter,
        "A=\"it's\n\\\"two\\\" lines \\\\ \\$x\"; export B='a  b'; C='$(touch canary) `touch canary`; touch canary'; D=",
        "unset GONE; EXPORTED='changed'; readonly R='read only'; export RX=1; readonly RX; export NONE",
        "ODD=$(printf '\\001\\033\\t\\177\\200\\377 é x'); export ODD",
        "alias hi='echo hello \"$A\"'; trap 'echo \"it'\\''s\" $A' USR1; trap '' USR2; trap 'echo bye' EXIT",
        "umask 027; set -- 'a b' '' '$(touch canary)' \"it's\"; set -f; set -C; set -a",
    ];
    let show = "pwd; printf '%s|' \"$A\" \"$B\" \"$C\" \"$D\" \"$R\" \"${GONE-gone}\" \"${NONE-none}\" \"$@\" $#
        printf %s \"$ODD\" | od -c; env | grep -a -e '^B=' -e ^EXPORTED -e ^RX -e ^C= -e ^ODD= -e ^GONE | sort
        umask; alias; trap | grep -v EXIT; case $- in *f*C*) echo fC ;; *C*f*) echo fC ;; esac
        case $- in *a*) echo a ;; esac; (R=2) 2>/dev/null || echo readonly; kill -USR1 $$; echo $OLDPWD";
    block_on(async {
        for kind in EVERY {
            let state = goes_on(kind, &steps, show).await;
            assert!(state.withheld.is_empty(), "{kind}: {state:?}");
            assert_eq!(state.unset, ["GONE"], "{kind}");
            assert!(state.traps.iter().all(|trap| trap.signal != "EXIT"), "{kind}");
            assert!(!format!("{state:?}").contains("hello"), "{kind}: a value is shown");
        }
    });
    assert!(!place.join("canary").exists() && !std::env::temp_dir().join("canary").exists());
}

#[test]
fn a_bash_goes_on_with_whatever_only_a_bash_has() {
    let folder = tempfile::tempdir().expect("a folder");
    let canary = folder.path().join("canary");
    let steps = [
        "for i in {1..255}; do printf -v o '\\\\%03o' $i; printf -v c \"$o\"; ALL+=$c; EACH[i]=$c; KEYS[$c]=x$c; done",
        "a=(1 'b c' [7]=$'n\\nl' [9]=); declare -a none=(); declare -a unset_array; declare -A empty=()",
        "declare -A m=([k]=v [\"x y\"]='$z' [']']='[' ['@']=1 ['*']=2 ['$(touch CANARY)']='`touch CANARY`' [\\\"]=\\' )",
        "declare -i n=5; declare -u upper=abc; declare -l lower=ABC; declare -n ref=n element='a[1]'; declare -rx both=1",
        "code='x[$(touch CANARY)]'; declare -i code; mixed=abc; declare -u mixed; declare -ai sums=(1 2); sums+=(3+4)",
        "plain=1; export -n EXPORTED; export exported_array=(1); declare -t traced=1; declare -x declared",
        "f() { cat <<X\nhere $1 \\$(touch CANARY)\nX\n}; g() { f \"$@\"; }; declare -fx g",
        "shopt -s extglob\nh() { case $1 in +(x)) echo xs;; *) echo no;; esac; }\nshopt -u extglob",
        "shopt -s globstar expand_aliases nullglob; shopt -u sourcepath; set +o braceexpand; set -o noclobber; set -x",
        "trap 'echo usr1 $n' USR1; trap 'echo debug >/dev/null' DEBUG; trap 'echo err \"$?\"' ERR; trap 'echo no' EXIT",
        "alias -- -q='echo \"q\"' l.='ls; touch CANARY' many='a\nb'",
    ];
    let show = "set +x; declare -p a none unset_array empty n upper lower ref element both code mixed sums plain EXPORTED \
        exported_array traced declared ALL EACH; declare -p KEYS m | tr ' ' '\\n' | sort; f 1; g 2; h xxx; alias -p; trap -p | grep -v EXIT
        shopt globstar nullglob sourcepath extglob || true; set -o | grep -e brace -e clob; kill -USR1 $$; n=n+1; echo $n
        mixed=def; echo $mixed; sums+=(4+5); echo ${sums[@]}; (both=2) 2>/dev/null || echo readonly; n=5; mixed=ABC";
    let prepare = "declare -A KEYS; set -- one";
    block_on(async {
        for kind in BASH {
            let steps: Vec<String> = std::iter::once(&prepare)
                .chain(&steps)
                .map(|step| step.replace("CANARY", &canary.display().to_string()))
                .collect();
            let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
            // It leaves what it found, and prints what a step prints in its own shell.
            let show = show.replace("n=5; mixed=ABC", "true");
            let show = format!("(\n{show}\n)");
            let state = goes_on(kind, &steps, &show).await;
            assert!(state.withheld.is_empty(), "{kind}: {state:?}");
            let of = |name: &str| variable(&state, name).map(|variable| (&*variable.attributes, &variable.value));
            assert_eq!(of("ref"), Some(("n", &Value::Scalar(text("n")))));
            assert_eq!(of("unset_array"), Some(("a", &Value::Unset)));
            assert_eq!(of("sums"), Some(("ai", &Value::Indexed(vec![(0, text("1")), (1, text("2")), (2, text("7"))]))));
            let Some((_, Value::Associative(keys))) = of("KEYS") else { panic!("KEYS") };
            assert_eq!(keys.len(), 255, "{kind}");
            assert!(keys.iter().all(|(key, value)| [b"x", &*key.0].concat() == value.0), "{kind}");
            assert!(state.shell_options.off.contains("sourcepath") && state.options.on.contains("xtrace"));
        }
    });
    assert!(!canary.exists(), "something was evaluated");
}

#[test]
fn what_holds_a_secret_is_kept_by_name_only() {
    block_on(async {
        for kind in EVERY {
            let mut shell = Shell::with(of_kind(kind)).await;
            assert_eq!(
                shell.run("export TOKEN=hush; AUTH='Bearer hush!'; readonly FIXED=hush; KEPT=1; hush=2").await.code(),
                0
            );
            assert_eq!(shell.run("trap 'echo hush' USR1; alias h='echo hush'; set -- a hush").await.code(), 0);
            if kind.starts_with("bash") {
                let more = "f() { echo hush; }; declare -A m=([hush]=1); a=(1 2 hush); declare -A ok=([k]=v)";
                assert_eq!(shell.run(more).await.code(), 0);
            }
            let state = portable_less(&mut shell, &[], "hush").await.expect("a state");
            assert!(!serde_json::to_string(&state).unwrap().contains("hush"), "{kind}");
            let withheld: Vec<&str> = state.withheld.keys().map(String::as_str).collect();
            let expected: &[&str] = match kind.starts_with("bash") {
                true => &[
                    "AUTH",
                    "FIXED",
                    "TOKEN",
                    "a",
                    "aliases()",
                    "functions()",
                    "m",
                    "positional()",
                    "traps()",
                    "variables()",
                ],
                false => &["AUTH", "FIXED", "TOKEN", "aliases()", "positional()", "traps()", "variables()"],
            };
            assert_eq!(withheld, expected, "{kind}");
            assert!(state.withheld.values().all(|withheld| withheld.reason == Reason::Secret));
            assert!(state.traps.is_empty() && state.positional.is_empty() && state.functions.is_empty());
            let mut shell =
                resumed(kind, &state, &[("TOKEN", "hu\"sh"), ("FIXED", "$(id)"), ("OTHER", "1"), ("a", "1")]).await;
            let ran = shell.run("echo \"$FIXED$KEPT${AUTH-none}${OTHER-none}${a-none}\"; env | grep TOKEN; (FIXED=2) 2>/dev/null || echo ro").await;
            assert_eq!(ran.stdout, "$(id)1nonenonenone\nTOKEN=hu\"sh\nro\n", "{kind}: {ran:?}");
        }
    });
}

#[test]
fn a_directory_whose_name_holds_a_secret_is_not_kept_and_no_session_goes_on_without_it() {
    let folder = tempfile::tempdir().expect("a folder");
    block_on(async {
        for kind in EVERY {
            let mut shell = Shell::with(of_kind(kind)).await;
            let enter = format!("mkdir -p {0}/hush; cd {0}/hush", folder.path().display());
            assert_eq!(shell.run(&enter).await.code(), 0);
            let state = portable_less(&mut shell, &[], "hush").await.expect("a state");
            assert!(state.directory.is_none() && !serde_json::to_string(&state).unwrap().contains("hush"), "{kind}");
            let error = shell.session.resume(&state, &BTreeMap::new()).await.expect_err("no directory");
            assert!(error.contains("in which directory"), "{error}");
        }
    });
}

#[test]
fn what_is_too_long_is_kept_by_name_only() {
    block_on(async {
        for kind in EVERY {
            let mut shell = Shell::with(of_kind(kind)).await;
            let step = "x=x; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do x=$x$x; done; LONG=${x}x; unset x
                y=${LONG#??}; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do eval \"export Y$i=\\${y}$i\"; done; unset y";
            assert_eq!(shell.run(step).await.code(), 0, "{kind}");
            let state = portable(&mut shell).await.expect("a state");
            assert!(state.withheld.values().all(|withheld| withheld.reason == Reason::Size), "{kind}");
            assert_eq!(state.withheld["LONG"].attributes, "", "{kind}");
            assert_eq!(state.withheld["Y20"].attributes, "x", "{kind}");
            let length = serde_json::to_string(&state).unwrap().len();
            assert!((1 << 19..1 << 20).contains(&length) && state.variables.len() > 5, "{kind}: {length}");
        }
    });
}

#[test]
fn what_is_set_before_every_step_is_left_out() {
    block_on(async {
        for kind in EVERY {
            let mut shell = Shell::with(of_kind(kind)).await;
            assert_eq!(shell.run("export SET=1 KEPT=1; unset GONE EXPORTED").await.code(), 0);
            let state = portable_less(&mut shell, &["SET", "GONE"], "no secret").await.expect("a state");
            assert!(variable(&state, "SET").is_none() && variable(&state, "KEPT").is_some(), "{kind}");
            assert_eq!(state.unset, ["EXPORTED"], "{kind}");
        }
    });
}

#[test]
fn a_directory_that_is_gone_fails_the_next_step_and_no_other_is_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    let gone = folder.path().join("gone");
    block_on(async {
        for kind in EVERY {
            std::fs::create_dir(&gone).expect("a folder");
            let mut first = Shell::with(of_kind(kind)).await;
            assert_eq!(first.run(&format!("cd {}; K=2", gone.display())).await.code(), 0);
            let state = portable(&mut first).await.expect("a state");
            std::fs::remove_dir(&gone).expect("it is empty");
            let mut second = resumed(kind, &state, &[]).await;
            let marker = folder.path().join("ran");
            let ran = second.run(&format!("touch {}", marker.display())).await;
            assert!(ran.reason().contains(&*gone.display().to_string()) && !marker.exists(), "{kind}: {ran:?}");
            std::fs::create_dir(&gone).expect("a folder");
            assert_eq!(second.run("echo $K; pwd").await.stdout, format!("2\n{}\n", gone.display()), "{kind}");
            std::fs::remove_dir(&gone).expect("it is empty");
        }
    });
}

#[test]
fn a_state_that_is_not_what_it_should_be_is_refused_and_nothing_of_it_is_evaluated() {
    let folder = tempfile::tempdir().expect("a folder");
    let canary = folder.path().join("canary");
    let code = format!("$(touch {})", canary.display());
    type Spoil<'a> = Box<dyn Fn(&mut SessionState) + 'a>;
    let named = |name: &'static str| -> Spoil<'_> { Box::new(move |state| state.variables[0].name = name.to_owned()) };
    let attributes = |letters: &'static str| -> Spoil<'_> {
        Box::new(move |state| state.variables[0].attributes = letters.to_owned())
    };
    let cases: Vec<(&str, Spoil<'_>)> = vec![
        ("no name", named("a b")),
        ("no name", named("a[0]")),
        ("no name", named("1a")),
        ("no name", named("")),
        ("no name", named("__sg_x")),
        ("no name", named("SHELLOPTS")),
        ("no name", named("BASH_ALIASES")),
        ("attributes", attributes("z")),
        ("attributes", attributes("xx")),
        ("attributes", attributes("a")),
        ("attributes", attributes("n")),
        ("attributes", attributes("x -")),
        ("NUL", Box::new(|state| state.variables[0].value = Value::Scalar(text("a\0b")))),
        ("NUL", Box::new(|state| state.positional.push(text("\0")))),
        ("no name", Box::new(|state| state.unset.push("a;b".to_owned()))),
        ("no option", Box::new(|state| _ = state.options.on.insert("noglob:x\"$(id)".to_owned()))),
        ("no option", Box::new(|state| _ = state.options.off.insert(String::new()))),
        ("option", Box::new(|state| _ = state.shell_options.on.insert("-s x".to_owned()))),
        ("no umask", Box::new(|state| state.umask = "022;id".to_owned())),
        ("no umask", Box::new(|state| state.umask = String::new())),
        ("absolute", Box::new(|state| state.directory = Some(text("tmp")))),
        ("no signal", Box::new(|state| state.traps[0].signal = "USR1; id".to_owned())),
        ("EXIT", Box::new(|state| state.traps[0].signal = "EXIT".to_owned())),
        ("alias", Box::new(|state| state.aliases[0].name = text("a=b"))),
        (
            "that of",
            Box::new(|state| {
                state.shell = match state.shell {
                    stepgate::session_state::Dialect::Bash => stepgate::session_state::Dialect::Sh,
                    stepgate::session_state::Dialect::Sh => stepgate::session_state::Dialect::Bash,
                }
            }),
        ),
    ];
    block_on(async {
        for kind in EVERY {
            let mut first = Shell::with(of_kind(kind)).await;
            assert_eq!(first.run("A=1; trap 'echo' USR1; alias a=b").await.code(), 0);
            let mut good = portable(&mut first).await.expect("a state");
            good.variables[0].value = Value::Scalar(text(&code));
            let mut second = Shell::with(of_kind(kind)).await;
            for (words, spoil) in &cases {
                let mut bad = good.clone();
                spoil(&mut bad);
                let error = second.session.resume(&bad, &BTreeMap::new()).await.expect_err(words);
                assert!(error.contains(words), "{kind}: {error}");
            }
            assert_eq!(second.run("echo ${A-none}").await.stdout, "none\n", "{kind}: it is as it was");
            second.session.resume(&good, &BTreeMap::new()).await.expect("the good one");
            assert_eq!(second.run("echo \"$A\"").await.stdout, format!("{code}\n"), "{kind}");
        }
    });
    assert!(!canary.exists(), "something was evaluated");
}

#[test]
fn a_state_is_known_while_its_shell_prints_and_a_torn_one_is_not() {
    block_on(async {
        let mut shell = Shell::start().await;
        assert_eq!(shell.run("A=good; for i in {1..10000}; do declare V$i=1; done").await.code(), 0);
        let omit = BTreeSet::new();
        let early = shell.session.portable(&omit, &|_| false, std::time::Duration::ZERO).await;
        assert!(early.is_none_or(|state| state.variables.len() == 10_002), "never half of it");
        assert_eq!(portable(&mut shell).await.expect("a state").variables.len(), 10_002);
        let act = "until read -rN 4096 </dev/fd/8; do :; done; echo late >>/dev/fd/8";
        let tear = format!("A=torn; ({act}) 8<>\"$__sg_m\" >/dev/null 2>&1 &");
        let mut torn = false;
        // On a busy machine the child may come too late.
        for _ in 0..50 {
            assert_eq!(shell.run(&tear).await.code(), 0);
            torn = portable(&mut shell).await.is_none();
            if torn {
                break;
            }
        }
        assert!(torn, "nobody knows what the shell holds");
        let ran = shell.run("echo $A").await;
        assert_eq!(ran.stdout, "torn\n");
        assert!(ran.end.notes.iter().any(|note| note.contains("cannot be read")), "the note is kept: {ran:?}");
        assert_eq!(
            variable(&portable(&mut shell).await.expect("a state"), "A").map(|a| &a.value),
            Some(&Value::Scalar(text("torn")))
        );
    });
}

#[test]
fn an_sh_says_that_it_had_functions_and_so_does_the_next_one() {
    block_on(async {
        let mut first = Shell::with(of_kind("sh")).await;
        assert_eq!(first.run("f() { :; }").await.code(), 0);
        let state = portable(&mut first).await.expect("a state");
        assert_eq!(state.withheld["functions()"].reason, Reason::Unfit);
        let ran = resumed("sh", &state, &[]).await.run("true").await;
        assert!(ran.end.notes.iter().any(|note| note.contains("functions")), "{ran:?}");
    });
}

#[test]
fn a_bash_that_is_called_sh_goes_on_too() {
    block_on(async {
        let bash_as_sh = || SessionConfig { prefix: named_sh("bash"), ..of_kind("sh") };
        let mut first = Shell::with(bash_as_sh()).await;
        assert_eq!(first.run("A='a b'; array=(1 2); set -f; trap 'echo u' USR1; export B=$'\\n'").await.code(), 0);
        let state = portable(&mut first).await.expect("a state");
        assert_eq!(state.withheld.keys().collect::<Vec<_>>(), ["array"], "{state:?}");
        let mut second = Shell::with(bash_as_sh()).await;
        second.session.resume(&state, &BTreeMap::new()).await.expect("a state that can be given");
        same(
            &SessionState { withheld: state.withheld.clone(), ..portable(&mut second).await.expect("a state") },
            &state,
            "",
        );
        let ran = second.run("echo \"$A$B${array-none}\"; case $- in *f*) echo f; esac; kill -USR1 $$").await;
        assert_eq!(ran.stdout, "a b\nnone\nf\nu\n", "{ran:?}");
    });
}

#[test]
fn a_session_that_starts_elsewhere_goes_on_in_the_directory_of_the_first() {
    let folder = tempfile::tempdir().expect("a folder");
    block_on(async {
        for kind in EVERY {
            let mut first = Shell::with(of_kind(kind)).await;
            assert_eq!(first.run("A=1").await.code(), 0);
            let state = portable(&mut first).await.expect("a state");
            let directory = folder.path().to_path_buf();
            let mut second = Shell::with(SessionConfig { directory, ..of_kind(kind) }).await;
            second.session.resume(&state, &BTreeMap::new()).await.expect("a state that can be given");
            let ran = second.run("echo $PWD; pwd; pwd -P").await;
            let there = first.run("echo $PWD; pwd; pwd -P").await;
            assert_eq!(ran.stdout, there.stdout, "{kind}: {ran:?}");
        }
    });
}

#[test]
fn an_alias_by_the_name_of_a_builtin_is_not_run_when_it_is_given_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let canary = folder.path().join("canary");
    let names = ["alias", "trap", "builtin", "declare", "set", "eval", "cd", "printf", "command", "read", "exec", "zz"];
    let aliases: Vec<String> = names.iter().map(|name| format!("{name}='touch {}; :'", canary.display())).collect();
    block_on(async {
        for kind in EVERY {
            let mut first = Shell::with(of_kind(kind)).await;
            assert_eq!(
                first.run(&format!("trap 'echo u' USR1; alias {}", aliases.join(" "))).await.code(),
                0,
                "{kind}"
            );
            let state = portable(&mut first).await.expect("a state");
            assert_eq!(state.aliases.len(), names.len(), "{kind}");
            let mut second = resumed(kind, &state, &[]).await;
            assert_eq!(second.run("echo a").await.stdout, "a\n", "{kind}");
            same(&portable(&mut second).await.expect("a state"), &state, kind);
            assert!(!canary.exists(), "{kind}");
        }
    });
}

/// Bytes that are the same whenever the test runs.
fn scrambled(seed: u64) -> impl Iterator<Item = u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u8::try_from(state >> 56).expect("eight bits")
    })
}

#[test]
fn any_bytes_in_any_kind_of_variable_come_back() {
    const ODD: &[u8] = b"'\"\\$`()[]{}=;&|<>*?@!~#^%\n\t \x01\x1b\x7f\x80\xc3\xa9\xff";
    block_on(async {
        let mut first = Shell::with(of_kind("bash")).await;
        let mut expected = BTreeMap::new();
        let mut step = String::new();
        for number in 0..400 {
            let mut bytes =
                scrambled(number).map(|byte| if byte < 160 { ODD[usize::from(byte) % ODD.len()] } else { byte });
            let length = bytes.next().map_or(0, |byte| usize::from(byte) % 12);
            let value: Vec<u8> = bytes.take(length + 1).collect();
            let word: String = value.iter().map(|byte| format!("\\{byte:03o}")).collect();
            let attributes = ["-", "x", "r", "i", "u", "l", "a", "A"][usize::try_from(number % 8).expect("small")];
            step += &match attributes {
                "a" => format!("declare -a V{number}=([3]=$'{word}')\n"),
                "A" => format!("declare -A V{number}; k=$'{word}'; V{number}[$k]=$'{word}'\n"),
                _ => format!("V{number}=$'{word}'; declare -{attributes} V{number}\n"),
            };
            let value = Bytes(value);
            let value = match attributes {
                "a" => Value::Indexed(vec![(3, value)]),
                "A" => Value::Associative(vec![(value.clone(), value)]),
                _ => Value::Scalar(value),
            };
            expected.insert(format!("V{number}"), value);
        }
        assert_eq!(first.run(&format!("{step}unset k")).await.code(), 0);
        let state = portable(&mut first).await.expect("a state");
        for (name, value) in &expected {
            assert!(variable(&state, name).is_some_and(|variable| variable.value == *value), "{name}");
        }
        let mut second = resumed("bash", &state, &[]).await;
        assert_eq!(second.run("true").await.code(), 0);
        same(&portable(&mut second).await.expect("a state"), &state, "bash");
    });
}
