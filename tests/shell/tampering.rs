//! Steps that reach for the driver, by accident or not: a later step never passes unrun for it, and none passes with
//! a code that is not its own.

use stepgate::shell::{How, ShellKind, StepRequest};

use crate::harness::{Ran, Shell, block_on, config};

const BASH: &[&str] = &["bash", "bash over one connection"];
const EVERY: &[&str] = &["bash", "bash over one connection", "dash", "busybox"];

/// A session of this kind.
async fn open(kind: &str) -> Shell {
    let mut config = config();
    match kind {
        "bash" => {}
        "bash over one connection" => config.prefix = vec!["env".to_owned()],
        "dash" => config.shell = ShellKind::Sh,
        // `env sh` finds the first `sh` of the PATH.
        _ => {
            let folder = std::env::temp_dir().join(format!("stepgate-busybox-{}", std::process::id()));
            std::fs::create_dir_all(&folder).expect("a folder");
            let found =
                ["/bin/busybox", "/usr/bin/busybox"].into_iter().find(|path| std::path::Path::new(path).exists());
            _ = std::os::unix::fs::symlink(found.expect("busybox is missing"), folder.join("sh"));
            config.shell = ShellKind::Sh;
            config.prefix = vec!["env".to_owned(), format!("PATH={}:/usr/bin:/bin", folder.display())];
        }
    }
    Shell::with(config).await
}

/// Runs the steps in each kind of session.
fn in_each(kinds: &[&str], steps: &[&str], check: impl Fn(&str, &[Ran])) {
    block_on(async {
        for kind in kinds {
            let mut shell = open(kind).await;
            let mut all = Vec::new();
            for step in steps {
                all.push(shell.run(step).await);
            }
            check(kind, &all);
        }
    });
}

/// That the first step ended with an error of its own that says these words, and the next one ran.
fn fails_by_itself(kinds: &[&str], step: &str, words: &str) {
    in_each(kinds, &[step, "echo next; exit 3"], |kind, ran| {
        assert!(matches!(ran[0].end.how, How::Exited(code) if code != 0), "{kind}: {step}: {ran:?}");
        assert!(ran[0].stderr.contains(words), "{kind}: {step}: {ran:?}");
        assert_eq!((ran[1].code(), ran[1].stdout.as_str()), (3, "next\n"), "{kind}: {step}: {ran:?}");
    });
}

#[test]
fn the_driver_s_functions_and_the_place_of_its_state_cannot_be_replaced_in_bash() {
    let names = ["begin", "off", "state", "refuse"];
    let local = ["mark", "end"];
    let stream = ["mark", "end", "feed", "file"];
    let replace = |name: &&str| format!("__sg_{name}() {{ __sg_d=0; }}");
    for step in names.iter().chain(&local).map(replace) {
        fails_by_itself(&["bash"], &step, "readonly function");
    }
    for step in names.iter().chain(&stream).map(replace) {
        fails_by_itself(&["bash over one connection"], &step, "readonly function");
    }
    fails_by_itself(BASH, "unset -f __sg_off", "readonly function");
    for step in ["__sg_m=/dev/null", "declare -n __sg_m=BASH_SUBSHELL"] {
        fails_by_itself(&["bash"], step, "readonly variable");
    }
}

#[test]
fn the_words_of_the_driver_cannot_be_replaced_in_sh() {
    for step in ["__sg_nl=' #'", "unset __sg_nl", "__sg_pf="] {
        fails_by_itself(&["dash", "busybox"], step, "read only");
    }
}

#[test]
fn driver_functions_are_no_part_of_the_state() {
    in_each(BASH, &["f() { echo f; }", "exit 1", "f; readonly -f f", "exit 1", "f; declare -F"], |kind, ran| {
        assert_eq!(ran[2].stdout, "f\n", "{kind}: {ran:?}");
        let own = ran[4].stdout.lines().filter(|line| !line.contains("__sg_")).collect::<Vec<_>>();
        assert_eq!(own, ["f", "declare -fr f"], "{kind}: {ran:?}");
        assert!(ran.iter().all(|ran| ran.end.notes.is_empty()), "{kind}: {ran:?}");
    });
}

/// Everything that the drivers and their frames set.
const VARIABLES: &[&str] =
    &["0", "1", "2", "a", "b", "c", "d", "f", "i", "in", "j", "l", "n", "o", "p", "q", "s", "t", "w", "x"];

#[test]
fn a_variable_of_the_driver_that_a_step_sets_changes_nothing() {
    let set = |value: &str| VARIABLES.iter().map(|name| format!("__sg_{name}={value}\n")).collect::<String>();
    let steps = [&set(""), &set("0"), &set("x"), "cat; (exit 3) || exit 3"].map(str::to_owned);
    in_each(EVERY, &steps.each_ref().map(String::as_str), |kind, ran| {
        assert_eq!(ran.iter().map(Ran::code).collect::<Vec<_>>(), [0, 0, 0, 3], "{kind}: {ran:?}");
        assert_eq!(ran[3].stdout, "", "{kind}: {ran:?}");
    });
}

#[test]
fn a_function_named_like_an_interpreter_does_not_run_in_its_place() {
    let list = "import os, sys\nown = {'231', '232', '233', '7', '8', '9'}\nprint(sorted(set(os.listdir('/proc/self/fd')) - own), file=sys.stderr)\n";
    let code = format!("{list}print(sys.stdin.read())\nsys.exit(3)\n");
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    block_on(async {
        for kind in EVERY {
            let mut shell = open(kind).await;
            let descriptors = shell.run(&format!("python3 -c \"{list}\"")).await.stderr;
            let functions = "python3() { :; }; env() { :; }; node() { :; }";
            assert_eq!(shell.run(functions).await.code(), 0, "{kind}");
            // `node` as a word has the script given as a file.
            for program in ["python3", "/usr/bin/python3", "env node=1 python3", "env -u node python3"] {
                let interpreter = words(program);
                let request =
                    StepRequest { interpreter: Some(&interpreter), stdin: Some(b"data"), ..shell.request(&code) };
                let ran = shell.run_request(request).await;
                assert_eq!((ran.code(), ran.stdout.as_str()), (3, "data\n"), "{kind} {program}: {ran:?}");
                assert_eq!(ran.stderr, descriptors, "{kind} {program}: no copy of the driver's is among them");
            }
            let request = StepRequest { interpreter: Some(&words("no-such-program")), ..shell.request(&code) };
            assert_eq!(shell.run_request(request).await.code(), 127, "{kind}");
        }
    });
}

#[test]
fn a_limit_on_nested_functions_changes_no_verdict() {
    let steps =
        ["FUNCNEST=1; f() { cat; }", "f", "set +e; (exit 3)", "exit 4", "f", "set -TE; trap : DEBUG; true", "f"];
    in_each(EVERY, &steps[..5], |kind, ran| {
        assert_eq!(ran[..4].iter().map(Ran::code).collect::<Vec<_>>(), [0, 0, 3, 4], "{kind}: {ran:?}");
    });
    in_each(BASH, &steps, |kind, ran| {
        assert_eq!(ran.iter().map(Ran::code).collect::<Vec<_>>(), [0, 0, 3, 4, 0, 0, 0], "{kind}: {ran:?}");
        assert!(ran.iter().all(|ran| ran.end.notes.is_empty()), "{kind}: {ran:?}");
    });
}

#[test]
fn a_step_that_only_its_left_loop_ends_fails_whatever_it_has_set() {
    for kind in EVERY {
        let control = if BASH.contains(kind) { "231" } else { "7" };
        for leave in ["break", "continue", "exec FD<&-; continue", "exec FD</dev/null; continue"] {
            let leave = leave.replace("FD", control);
            let script = format!("__sg_in= __sg_d=0 __sg_l='<0' __sg_p='<:' __sg_f=\n{leave}\necho never");
            in_each(&[kind], &[&script, "echo next"], |kind, ran| {
                assert!([125, 126].contains(&ran[0].code()), "{kind}: {leave}: {ran:?}");
                assert_eq!(ran[1].stdout, "next\n", "{kind}: {leave}: {ran:?}");
            });
        }
    }
}

#[test]
fn a_variable_of_the_driver_with_attributes_never_lets_a_later_step_pass_unrun() {
    let bash = ["readonly NAME=0", "declare -i NAME", "declare -u NAME", "declare -n NAME=BASH_SUBSHELL"];
    block_on(async {
        for (kinds, attributes) in [(BASH, &bash[..]), (&EVERY[2..], &bash[..1])] {
            for (kind, attribute) in kinds.iter().flat_map(|kind| attributes.iter().map(move |each| (kind, each))) {
                let mut shell = open(kind).await;
                for name in VARIABLES {
                    let step = format!("{}; set +e; (exit 5)", attribute.replace("NAME", &format!("__sg_{name}")));
                    let ran = shell.run(&step).await;
                    let refused = ran.code() == 1 && ran.stderr.contains("declare: ");
                    assert!(refused || [5, 126].contains(&ran.code()), "{kind}: {step}: {ran:?}");
                    let ran = shell.run("echo \"Next $((6 * 7))\"; exit 3").await;
                    let unrun = matches!(ran.end.how, How::NotRun(_)) && ran.stdout.is_empty();
                    let whole = ran.end.how == How::Exited(3) && ran.stdout == "Next 42\n";
                    assert!(unrun || whole, "{kind}: {step}: {ran:?}");
                }
            }
        }
    });
}

#[test]
fn a_trap_that_reaches_into_functions_finds_no_nonce_and_is_there_in_the_next_step() {
    let forge = |trap: &str| {
        format!(
            "set -TE; trap 'if [[ ${{__sg_n-}} ]]; then printf \"\\036%s 0 1 e\\036\" \"$__sg_n\" >&232; echo seen >&2; fi' {trap}"
        )
    };
    for trap in ["DEBUG", "RETURN", "ERR"] {
        let count = format!("trap 'N=$((${{N-0}} + 1))' {trap}; f() {{ :; }}");
        let steps = [
            &forge(trap),
            "set +e; (exit 3)",
            &count,
            "set +e; N=0; f; false; echo $N; exit 4",
            "set +e; N=0; f; false; echo $N",
        ];
        in_each(BASH, &steps, |kind, ran| {
            assert_eq!(ran.iter().map(Ran::code).collect::<Vec<_>>(), [0, 3, 0, 4, 0], "{kind} {trap}: {ran:?}");
            assert!(ran[3].stdout.trim() != "0" && ran[3].stdout == ran[4].stdout, "{kind} {trap}: {ran:?}");
            assert!(ran.iter().all(|ran| ran.end.notes.is_empty() && ran.stderr.is_empty()), "{kind} {trap}: {ran:?}");
        });
    }
}

#[test]
fn an_exit_trap_finds_no_nonce_when_a_step_has_closed_the_control_connection() {
    for kind in BASH {
        let descriptor = if *kind == "bash" { "232" } else { "233" };
        let forge = "printf \"\\036%s 0 1 e\\036\" \"${__sg_n-}\" >&200";
        let script = format!("exec 200>&232 {descriptor}>&-; trap '{forge}' EXIT");
        in_each(&[kind], &[&script, "echo next"], |kind, ran| {
            assert_eq!((ran[0].code(), ran[1].stdout.as_str()), (126, "next\n"), "{kind}: {ran:?}");
        });
    }
}
