use super::{codes, tells_apart};

#[test]
fn a_value_that_a_script_makes_code_of_is_found() {
    tells_apart(
        "SG071",
        &[
            "eval \"echo $P\"",
            "sh -c \"echo $P\"",
            "ssh h \"ls $P\"",
            "ssh -p 22 h \"ls $P\"",
            "awk \"/$P/\" x",
            "python3 -c \"print('$P')\"",
            "kubectl exec p -- sh -c \"$P\"",
            "docker exec c sh -c \"rm $P\"",
            "chroot /m sh -c \"rm $P\"",
            "su x -c \"$P\"",
            "bash -euc \"rm $P\"",
            "bash -xc \"$P\"",
            "bash -o pipefail -c \"$P\"",
            "ssh h <<E\nrm $P\nE",
            "bash <<E\nrm $P\nE",
            "ssh h bash -s <<E\nrm $P\nE",
            "cat <<E | sh\nrm $P\nE",
            "echo \"$P\" | sh",
            "bash <<<\"$P\"",
            "source \"$P\"",
            ". \"$P\"",
            "trap \"rm $P\" EXIT",
            "a | xargs -I{} sh -c \"rm $P\"",
            "find . -exec sh -c \"rm $P\" \\;",
            "perl -ne \"print if /$P/\" f",
            "sudo -n bash -c \"rm $P\"",
        ],
        &[
            "ssh h ls",
            "awk -v v=\"$P\" '{print v}' x",
            "cat <<E\n$P\nE",
            "sh -c 'echo \"$1\"' _ \"$P\"",
            "bash -c 'rm \"$P\"'",
            "ssh h \"rm ${P@Q}\"",
            "bash <<'E'\nrm \"$P\"\nE",
            "bash script.sh \"$P\"",
            "bash script.sh <<E\n$P\nE",
            "bash -s -- \"$P\" <f",
            "echo \"$P\" | cat",
            "docker exec -i c cat <<E\n$P\nE",
            "trap 'rm \"$P\"' EXIT",
            ". \"$P/env.sh\"",
            "docker exec c rm \"$P\"",
            "kubectl exec p -- rm \"$P\"",
            "cat <<E >f\n$P\nE",
            "sh -c \"echo ${#P}\"",
        ],
    );
}

#[test]
fn a_value_without_quotes_is_found() {
    tells_apart(
        "SG071",
        &[
            "rm $P",
            "echo a$P",
            "cat <$P",
            "echo $FOUND",
            "for i in $P; do a; done",
            "for i in a $P; do b; done",
            "${X:-$P}",
            "rm ${P:+$P}",
            "echo $W",
            "dd if=$P",
            "while a; do b; done <$P",
            "x=$(rm $P)",
            "(rm $P)",
        ],
        &[
            "rm \"$P\"",
            "X=$P",
            "[[ $P == x ]]",
            "case $P in x) ;; esac",
            "echo '$P'",
            "sleep $N",
            "echo $S",
            "echo $OTHER",
            "ls ${P:+\"--x=$P\"}",
            "echo ${#P}",
            "x+=$P",
            "x[0]=$P",
            "export X=$P",
            "echo $M",
            "for i in $M; do a; done",
            "for i in \"$P\"; do a; done",
            "cat <<<$P",
        ],
    );
}

#[test]
fn a_text_in_arithmetic_is_found() {
    tells_apart(
        "SG071",
        &[
            "echo $(( P + 1 ))",
            "x=$(( $P + 1 ))",
            "(( P > 1 ))",
            "if (( P > 1 )); then a; fi",
            "let x=P+1",
            "let \"x = $P\"",
            "[[ $P -gt 1 ]]",
            "[[ \"$P\" -gt 1 ]]",
            "[[ P -gt 1 ]]",
            "(( FOUND > 1 ))",
            "cat <<E\n$((P))\nE",
            "for ((i=0; i<P; i++)); do a; done",
        ],
        &[
            "echo $(( N + 1 ))",
            "(( N > 1 ))",
            "let x=N",
            "[[ $N -gt 1 ]]",
            "[ \"$P\" -gt 1 ]",
            "[[ $P == 1 ]]",
            "(( S > 1 ))",
            "(( ${#P} > 1 ))",
            "(( OTHER > 1 ))",
            "[[ $P =~ ^[0-9]+$ ]] && (( P > 1 ))",
            "(( M == 1 ))",
        ],
    );
}

#[test]
fn a_capture_that_is_a_number_may_be_counted_with() {
    let text = |pattern: &str| {
        format!(
            "```bash {{name=a effect=read}}\nls\n```\n\n```output\n{pattern} (re)\n```\n\n```bash {{name=b gate=none}}\n(( FOUND > 1 )); sleep $FOUND\n```\n"
        )
    };
    let whole = |pattern: &str| {
        format!(
            "```bash {{name=a effect=read capture=FOUND}}\nls\n```\n\n```output\n{pattern} (re)\n```\n\n```bash {{name=b gate=none}}\n(( FOUND > 1 ))\n```\n"
        )
    };
    assert!(codes("", &whole("[1-9][0-9]*")).is_empty());
    assert!(codes("", &whole(".+")).contains(&"SG071"));
    assert!(codes("", &text("(?<FOUND>\\d+) files")).is_empty());
    assert!(codes("", &text("(?<FOUND>.+) files")).contains(&"SG071"));
}
