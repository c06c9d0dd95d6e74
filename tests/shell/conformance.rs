use std::time::Duration;

use stepgate::shell::How;

use crate::harness::{Shell, block_on};

/// A script and what it must do: `CODE|STDOUT`, with `*` for anything and `!` for any code but 0. `TMP` in a script is a folder of the case.
type Step = (&'static str, &'static str);
type Case = (&'static str, &'static [Step]);

const CASES: &[Case] = &[
    (
        "exit codes are exact",
        &[
            ("true", "0|"),
            ("(exit 7)", "7|"),
            ("echo a; exit 3", "3|a\n"),
            ("echo b", "0|b\n"),
            ("false; echo no", "1|"),
            ("sh -c 'kill -TERM $$'", "143|"),
            ("exit 125", "125|"),
            ("exit 126", "126|"),
            ("exit 127", "127|"),
            ("no-such-command-here", "127|"),
        ],
    ),
    ("a failing pipeline fails the step", &[("false | true; echo no", "1|"), ("echo next", "0|next\n")]),
    (
        "errexit holds in functions and not in conditions",
        &[("f() { false; echo no; }\nf", "1|"), ("if false; then :; fi; false || echo ok", "0|ok\n")],
    ),
    (
        "directory and variables are carried and come back",
        &[
            ("cd /proc; X=1; export Y='a b\"c'; Z=\"l1\nl2\"", "0|"),
            ("echo $PWD $X; sh -c 'echo $Y'; echo \"$Z\"", "0|/proc 1\na b\"c\nl1\nl2\n"),
            ("X=9; exit 4", "4|"),
            ("echo $PWD $X; sh -c 'echo $Y'; echo \"$Z\"", "0|/proc 1\na b\"c\nl1\nl2\n"),
        ],
    ),
    (
        "functions are carried and come back",
        &[
            ("f() { echo F$1; return 3; }", "0|"),
            ("exit 1", "1|"),
            ("f 1 || echo rc$?", "0|F1\nrc3\n"),
            ("declare -F | grep -v __sg_", "0|declare -f f\n"),
        ],
    ),
    (
        "a function with a heredoc comes back",
        &[("f() { cat <<X\nhd $1\nX\n}", "0|"), ("exit 1", "1|"), ("f 1", "0|hd 1\n")],
    ),
    (
        "a function parsed under extglob comes back",
        &[
            ("shopt -s extglob\nf() { case $1 in +(x)) echo xs;; *) echo no;; esac; }\nshopt -u extglob", "0|"),
            ("exit 1", "1|"),
            ("f xxx; shopt extglob || true", "0|no\nextglob        \toff\n"),
        ],
    ),
    (
        "arrays and attributes come back",
        &[
            (
                "a=(1 'b c' $'n\\nl'); declare -A m=([k]=v [\"x y\"]='$z'); declare -i n=5; declare -a none=(); declare -n ref=n",
                "0|",
            ),
            ("kill -9 $$", "137|"),
            ("echo \"${a[1]}|${a[2]}|${m[k]}|${m[x y]}\"; n=n+1; echo $n ${#none[@]} $ref", "0|b c|n\nl|v|$z\n6 0 6\n"),
        ],
    ),
    (
        "shell options come back",
        &[
            ("shopt -s extglob nullglob; set -f; set -u", "0|"),
            ("exit 1", "1|"),
            (
                "shopt -q extglob && shopt -q nullglob && case $- in *f*) echo f;; esac; echo ${nope-unset}; echo $nope",
                "!|f\nunset\n",
            ),
        ],
    ),
    (
        "an option that was switched off stays off",
        &[
            ("set +o braceexpand; shopt -u sourcepath", "0|"),
            ("exit 1", "1|"),
            ("echo {a,b}; shopt sourcepath || true", "0|{a,b}\nsourcepath     \toff\n"),
        ],
    ),
    (
        "allexport does not export what is restored",
        &[("A1=1; set -a", "0|"), ("exit 1", "1|"), ("sh -c 'echo ${A1-none}'; B1=2; sh -c 'echo $B1'", "0|none\n2\n")],
    ),
    (
        "a variable that was unset stays unset",
        &[
            ("unset HOME TERM; echo ${HOME-none}", "0|none\n"),
            ("exit 1", "1|"),
            ("echo ${HOME-none} ${TERM-none}", "0|none none\n"),
        ],
    ),
    (
        "aliases are carried and come back",
        &[
            ("shopt -s expand_aliases; alias hi='echo hello'", "0|"),
            ("hi there", "0|hello there\n"),
            ("exit 1", "1|"),
            ("hi again", "0|hello again\n"),
        ],
    ),
    (
        "readonly comes back",
        &[
            ("readonly R=5", "0|"),
            ("echo $R", "0|5\n"),
            ("exit 1", "1|"),
            ("echo $R; R=6; echo no", "!|5\n"),
            ("echo $R", "0|5\n"),
        ],
    ),
    (
        "positional parameters and umask come back",
        &[
            ("set -- 'a b' c; umask 027", "0|"),
            ("exit 1", "1|"),
            ("echo \"$1\" $# $(umask)", "0|a b 2 0027\n"),
            ("set --", "0|"),
            ("exit 1", "1|"),
            ("echo $#", "0|0\n"),
        ],
    ),
    ("traps come back", &[("trap 'echo usr1' USR1", "0|"), ("exit 1", "1|"), ("kill -USR1 $$", "0|usr1\n")]),
    (
        "an EXIT trap runs once, in the step that ended its shell",
        &[("trap 'echo bye' EXIT; Q=1", "0|"), ("echo x; exit 5", "5|x\nbye\n"), ("echo $Q; exit 6", "6|1\n")],
    ),
    ("an EXIT trap may change the code", &[("trap 'exit 9' EXIT; exit 5", "9|")]),
    (
        "a step that kills its shell keeps the state from before",
        &[("V=1", "0|"), ("V=2; echo pre; kill -9 $$", "137|pre\n"), ("echo $V", "0|1\n")],
    ),
    (
        "a step that kills its group does not end the session",
        &[
            ("V=1", "0|"),
            ("kill 0; sleep 5", "143|"),
            ("echo $V", "0|1\n"),
            ("trap 'exit 3' TERM; kill 0", "3|"),
            ("echo $V", "0|1\n"),
        ],
    ),
    (
        "exec runs the program in place of the shell",
        &[("V=1", "0|"), ("exec sh -c 'echo ex; exit 12'", "12|ex\n"), ("echo $V", "0|1\n")],
    ),
    ("standard input is empty", &[("cat; read x || echo eof; wc -c", "0|eof\n0\n")]),
    (
        "bytes arrive as written, without a final newline",
        &[("printf 'a\\000b\\377\\036zz'", "0|a\0b\u{fffd}\u{1e}zz"), ("printf x >&2; printf y", "0|y")],
    ),
    (
        "dumping everything leaves the session in step",
        &[("set; declare -p; trap -p; env; declare -f", "0|*"), ("echo next", "0|next\n")],
    ),
    (
        "xtrace is carried and the driver is not traced",
        &[
            ("PS4='+T '; set -x; echo a", "0|a\n"),
            ("echo b", "0|b\n"),
            ("set +x; echo c", "0|c\n"),
            ("echo d", "0|d\n"),
        ],
    ),
    (
        "errexit and nounset are on again in every step",
        &[
            ("set +e; false; echo go; (exit 4)", "4|go\n"),
            ("false; echo no", "1|"),
            ("set +u; echo \"[$undefined]\"", "0|[]\n"),
            ("echo $undefined; echo no", "!|"),
            ("set +o pipefail", "0|"),
            ("false | true; echo no", "1|"),
        ],
    ),
    ("a function may return", &[("f() { return 0; }; f; echo after", "0|after\n")]),
    (
        "break and continue outside a loop fail the step",
        &[
            ("Z=1", "0|"),
            ("break; echo after", "125|"),
            ("echo next", "0|next\n"),
            ("continue; echo after", "125|"),
            ("echo next", "0|next\n"),
            ("break 9", "125|"),
            ("continue 9", "125|"),
            ("exec 2>&-; break", "125|"),
            ("echo next$Z", "0|next1\n"),
        ],
    ),
    (
        "a redirected shell gets its streams back",
        &[
            ("exec >TMP/x1 2>TMP/x2; echo hidden; echo e >&2", "0|"),
            ("cat TMP/x1 TMP/x2", "0|hidden\ne\n"),
            ("exec >&- 2>&- <&-", "0|"),
            ("echo back", "0|back\n"),
            ("set -C; exec 1>TMP/x3", "0|"),
            ("echo back", "0|back\n"),
        ],
    ),
    (
        "descriptors of the step stay open",
        &[
            ("exec 5>TMP/l; echo x >&5", "0|"),
            ("echo y >&5; cat TMP/l", "0|x\ny\n"),
            ("exec 10>TMP/l 11>TMP/m 200>TMP/n; echo x >&10", "0|"),
            ("echo y >&10; echo z >&200; cat TMP/l TMP/n", "0|x\ny\nz\n"),
        ],
    ),
    (
        "the locale of a step does not reach the driver",
        &[
            ("export LC_ALL=C; echo é", "0|é\n"),
            ("LC_ALL=C.UTF-8; x=é; echo $x", "0|é\n"),
            ("export LC_ALL=POSIX; echo ü", "0|ü\n"),
            ("exit 1", "1|"),
            ("echo ß", "0|ß\n"),
        ],
    ),
    (
        "IFS, noglob and POSIX mode do not reach the driver",
        &[
            ("IFS=0123456789; set -f; x=a1b", "0|"),
            ("echo ok", "0|ok\n"),
            ("set -o posix", "0|"),
            ("echo ok2", "0|ok2\n"),
            ("exit 1", "1|"),
            ("shopt -o -q posix && echo posix", "0|posix\n"),
        ],
    ),
    ("TMOUT does not end a waiting shell", &[("TMOUT=1", "0|"), ("sleep 1.2; echo a", "0|a\n")]),
    ("a carriage return arrives as written", &[("printf 'a\\n'\r", "*|*"), ("echo next", "0|next\n")]),
    (
        "heredocs work",
        &[
            ("cat <<'E'\n$x 'q' \\\nE\necho after", "0|$x 'q' \\\nafter\n"),
            ("cat <<E\nno end", "0|no end\n"),
            ("echo n", "0|n\n"),
        ],
    ),
    (
        "a syntax error is that step's failure only",
        &[
            ("W=1", "0|"),
            ("echo 'unterminated", "2|"),
            ("if true; then", "2|"),
            ("echo a; )", "2|"),
            ("echo $W", "0|1\n"),
        ],
    ),
    (
        "functions named like builtins leave the session in step",
        &[
            (
                "printf() { echo P; }; eval() { echo E; }; exec() { echo X; }; set() { echo S; }; declare() { :; }; read() { :; }; trap() { :; }; pwd() { echo W; }; umask() { :; }; unset() { :; }; command() { :; }; exit() { :; }; alias() { :; }; :() { echo colon; }",
                "0|",
            ),
            ("echo ok; set; eval 1", "0|ok\nS\nE\n"),
            ("K=1", "0|"),
            ("builtin exit 3", "3|"),
            ("echo $K; set", "0|1\nS\n"),
        ],
    ),
    (
        "a function named builtin or exec leaves the session in step",
        &[
            ("V=1; builtin() { echo B; }", "0|*"),
            ("echo ok", "0|ok\n"),
            ("exec() { echo X; }", "0|"),
            ("echo ok $V", "0|ok 1\n"),
            ("builtin() { command builtin \"$@\"; }", "0|"),
            ("echo ok $V", "0|ok 1\n"),
            ("builtin() { exit 3; }", "*|*"),
            ("echo ok $V", "0|ok 1\n"),
        ],
    ),
    (
        "aliases named like builtins leave the session in step",
        &[
            (
                "shopt -s expand_aliases; alias builtin='echo B' eval='echo E' exec='echo X' set='echo S' if='echo I' export='echo Y'",
                "0|",
            ),
            ("echo ok", "0|ok\n"),
            ("exit 1", "1|"),
            ("echo ok", "0|ok\n"),
        ],
    ),
    (
        "DEBUG and ERR traps leave the session in step",
        &[
            ("trap 'echo DBG' DEBUG; trap 'echo ERR' ERR; echo a", "0|*"),
            ("exit 1", "1|*"),
            ("trap - DEBUG; echo b", "0|*"),
            ("false", "1|ERR\n"),
        ],
    ),
];

#[test]
fn every_case_of_the_protocol_holds() {
    let failures: Vec<String> = CASES.iter().filter_map(|case| block_on(run_case(case)).err()).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

async fn run_case((name, steps): &Case) -> Result<(), String> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut shell = Shell::start().await;
    for (index, (script, expected)) in steps.iter().enumerate() {
        let script = script.replace("TMP", &folder.path().display().to_string());
        let ran = shell.run_for(&script, Duration::from_secs(20)).await;
        let (code, stdout) = expected.split_once('|').expect("CODE|STDOUT");
        let fits = match (&ran.end.how, code) {
            (How::Exited(_), "*") => true,
            (How::Exited(got), "!") => *got != 0,
            (How::Exited(got), wanted) => got.to_string() == wanted,
            _ => false,
        };
        if !fits || (stdout != "*" && stdout != ran.stdout) || !ran.end.notes.is_empty() {
            return Err(format!("{name}, step {}: expected {expected:?}, got {ran:?}", index + 1));
        }
    }
    shell.session.close(&mut shell.recorder).await;
    Ok(())
}

#[test]
fn a_script_of_a_megabyte_runs() {
    let mut script: String = (0..40_000).map(|i| format!("x={i} # padding padding\n")).collect();
    script.push_str("echo \"$x\"");
    let ran = block_on(async { Shell::start().await.run(&script).await });
    assert_eq!((ran.code(), ran.stdout.as_str()), (0, "39999\n"));
}

#[test]
fn a_variable_may_hold_any_text_and_comes_back() {
    let text: String = (1..0x250).filter_map(char::from_u32).collect();
    block_on(async {
        let mut shell = Shell::start().await;
        let print = "printf %s \"$V\"";
        assert_eq!(shell.run_with(print, "V", &text).await.stdout, text);
        assert_eq!(shell.run("exit 1").await.code(), 1);
        assert_eq!(shell.run(print).await.stdout, text);
    });
}
