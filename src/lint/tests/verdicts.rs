use super::codes;

/// The codes for a `read` step of this script.
fn read(attributes: &str, text: &str, behind: &str) -> Vec<&'static str> {
    codes(
        "params: { N: { type: int, default: 1 } }\n",
        &format!("```bash {{name=a effect=read {attributes}}}\n{text}\n```\n{behind}"),
    )
}

#[test]
fn a_read_step_that_lets_nobody_know_is_found() {
    for text in [
        "kubectl get nodes",
        "kubectl get nodes || true",
        "kubectl get nodes; true",
        "kubectl get nodes\nexit 0",
        "grep -c a f || true",
        "a | grep -c a || true",
        "ls check-dir",
        "cat health.txt",
        "git status",
        "zpool status",
        "ls --color",
        "if test -e x; then echo y; fi",
        "for i in a b; do cat \"$i\"; done",
        "while read -r l; do echo \"$l\"; done <f",
        "{ ls; }",
        "a || echo bad",
    ] {
        assert!(read("", text, "").contains(&"SG060"), "{text}");
    }
    for text in [
        "test -e x",
        "systemctl is-active x",
        "systemctl status x",
        "openssl x509 -checkend 5 -in x",
        "a | grep x",
        "a || exit 1",
        "if a; then exit 1; fi",
        "if a; then b; else exit 1; fi",
        "case $(a) in x) exit 1;; esac",
        "case x in x) false;; esac",
        "until systemctl is-active x; do sleep 1; done",
        "while ! a; do sleep 1; done",
        "for i in a b; do getent hosts \"$i\"; done",
        "[ -e x ] || { echo bad >&2; exit 1; }",
        "f() { return 1; }; f",
        "pg_isready",
        "a | jq -e .ok",
        "nginx -t",
        "sshd -t",
        "visudo -c",
        "haproxy -c -f x",
        "named-checkconf",
        "dpkg -s x",
        "rpm -q x",
        "kubectl diff -f x",
        "kubectl -n a auth can-i get pods",
        "mysqladmin ping",
        "wget --spider x",
        "ssh h true",
        "ls x >/dev/null",
        "a &>/dev/null",
        "kubectl wait --for=x y",
        "curl -fsS x",
        "curl --fail x | jq .",
        "a --check",
        "a --verify",
        "grep a f; exit 0",
        "! a",
        "(( N > 1 ))",
        "test -e x && cat x",
        "true",
        "a | grep -q x && echo yes",
        "kubectl rollout status x",
        "git diff --exit-code",
        "sudo -n test -e x",
        "\"$X\" y",
        "{ test -e x; }",
    ] {
        assert!(!read("", text, "").contains(&"SG060"), "{text}");
    }
    for (attributes, text, behind) in [
        ("", "kubectl get nodes", "\n```output\nx\n```\n"),
        ("capture=X", "hostname", ""),
        ("exit=0,3", "systemctl show x", ""),
        ("", "kubectl get nodes", "\n```assert {name=b}\nsteps.a.lines.size() > 1\n```\n"),
    ] {
        assert!(read(attributes, text, behind).is_empty(), "{attributes} {text}");
    }
}

#[test]
fn an_inverted_grep_that_decides_is_found() {
    for text in [
        "a | grep -v bad",
        "grep -v x f || exit 1",
        "grep -v x f || { echo bad; exit 1; }",
        "if a | grep -v x; then echo ok; fi",
        "grep -v x f >/dev/null",
    ] {
        assert!(read("", text, "").contains(&"SG067"), "{text}");
    }
    for text in [
        "! grep bad x",
        "a | grep -v x | wc -l",
        "grep -v x f > g",
        "grep -v x f || true",
        "if a | grep -qv x; then exit 1; fi",
        "if a | grep -v x; then exit 1; fi",
        "grep -vc x f",
        "x=$(grep -v x f)",
    ] {
        assert!(!read("", text, "").contains(&"SG067"), "{text}");
    }
}
