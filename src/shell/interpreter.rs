//! How a program that is no shell gets its script, inside the session.

use super::config::ShellKind;
use super::quote::{posix_line, quote};

/// Programs that look up the real path of their script, which a pipe has none of.
const WANT_A_FILE: [&str; 4] = ["node", "nodejs", "deno", "bun"];

/// Whether the script of this command has to be a file with a name.
pub(super) fn wants_file(words: &[String]) -> bool {
    let program = |word: &String| word.rsplit('/').next().is_some_and(|name| WANT_A_FILE.contains(&name));
    words.iter().any(program)
}

/// Runs the command on what an expansion names, which holds the path of a file. errexit is off, lest a failure end the
/// shell: the code is that of the last command either way.
pub(super) fn on_file(shell: ShellKind, words: &[String], expansion: &str) -> String {
    match shell {
        ShellKind::Bash => format!("\\builtin set +e;{} {expansion}", spell(shell, words)),
        ShellKind::Sh => format!("\\set +e;{} {expansion}", spell(shell, words)),
    }
}

/// Runs the command on the file of ours that stands under this path in `/proc`. The descriptor takes the place of the
/// driver's own, so it hides none of the session's.
pub(super) fn on_descriptor(words: &[String], path: &str) -> String {
    format!("\\builtin set +e;{} /dev/fd/231 231<{path} 232>&-", spell(ShellKind::Bash, words))
}

/// Runs the command on a pipe, into which goes what `printf` makes of `$__sg_q`. Its standard input is the step's.
pub(super) fn on_pipe(shell: ShellKind, words: &[String]) -> String {
    let command = spell(shell, words);
    match shell {
        ShellKind::Bash => format!(
            "\\builtin set +e +o pipefail;{{ \\builtin printf \"$__sg_q\" 231<&- 232>&- 233>&- 2>/dev/null|\
             {command} /dev/fd/231 231<&0 0<&233 232>&- 233<&-;}} 233<&0"
        ),
        ShellKind::Sh => format!(
            "\\set +e;\\[ \"$__sg_pf\" ]&&\\set +o pipefail;{{ \\command printf \"$__sg_q\" 7<&- 8>&- 9>&- 2>/dev/null|\
             {command} /dev/fd/7 7<&0 0<&9 8>&- 9<&-;}} 9<&0"
        ),
    }
}

/// The command, behind `command`: a function of the program's name would run in its place.
fn spell(shell: ShellKind, words: &[String]) -> String {
    let word = |word: &String| match shell {
        ShellKind::Bash => quote(word.as_bytes()),
        // Quoting text gives text.
        ShellKind::Sh => String::from_utf8_lossy(&posix_line(word.as_bytes())).into_owned(),
    };
    let outright = match shell {
        ShellKind::Bash => "\\builtin command -- ",
        ShellKind::Sh => "\\command -- ",
    };
    outright.to_owned() + &words.iter().map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::wants_file;

    #[test]
    fn node_gets_a_file_however_it_is_started() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(wants_file(&words("/usr/bin/node")) && wants_file(&words("env A=1 deno run")));
        assert!(!wants_file(&words("python3 -I")) && !wants_file(&[]));
    }
}
