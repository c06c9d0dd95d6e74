//! Secrets that hide badly.

use super::forms::{SHORT, has_short_line, lines};
use std::collections::BTreeSet;

/// What to know about them, each by name and never with a value.
pub fn warnings(secrets: &BTreeSet<(String, String)>) -> Vec<String> {
    let mut found = Vec::new();
    for (name, value) in secrets {
        if value.len() < SHORT {
            found.push(format!("the secret `{name}` is shorter than {SHORT} bytes: masking it garbles other text"));
        }
        let several = lines(value).next().is_some();
        match has_short_line(value) {
            true => found.push(format!(
                "the secret `{name}` has several lines, some shorter than {SHORT} bytes: masking each of them garbles other \
                 text, and those without a letter or digit are masked only together with their neighbours"
            )),
            false if several => found.push(format!("the secret `{name}` has several lines: each is masked by itself")),
            false => {}
        }
        for (other, around) in secrets.iter().filter(|(other, _)| other != name) {
            found.extend(overlap(name, value, other, around));
        }
    }
    found
}

fn overlap(name: &str, value: &str, other: &str, around: &str) -> Option<String> {
    let ends_as_other_begins = || {
        let starts = value.char_indices().map(|(at, _)| at).filter(|at| value.len() - at >= SHORT);
        starts.into_iter().any(|at| around.starts_with(&value[at..]))
    };
    match () {
        () if around == value && name < other => Some(format!("the secrets `{name}` and `{other}` are the same")),
        () if around == value => None,
        () if around.contains(value) => Some(format!("the secret `{name}` is part of the secret `{other}`")),
        () if !value.contains(around) && ends_as_other_begins() => {
            Some(format!("the secret `{name}` ends as the secret `{other}` begins"))
        }
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::redactor::Redactor;

    fn warnings(secrets: &[(&str, &str)]) -> Vec<String> {
        let redactor = Redactor::default();
        secrets.iter().for_each(|(name, value)| redactor.add(name, value).unwrap());
        redactor.warnings()
    }

    #[test]
    fn secrets_that_hide_badly_are_named() {
        for (secrets, words) in [
            (&[("A", "abc")][..], "`A` is shorter than 4 bytes"),
            (&[("A", "four\nfive")], "`A` has several lines: each"),
            (&[("A", "four\n}")], "`A` has several lines, some shorter"),
            (&[("A", "hunter"), ("B", "hunter22")], "`A` is part of the secret `B`"),
            (&[("A", "hunter22"), ("B", "er22-more")], "`A` ends as the secret `B` begins"),
            (&[("A", "hunter22"), ("B", "hunter22")], "`A` and `B` are the same"),
        ] {
            let found = warnings(secrets);
            assert!(found.len() == 1 && found[0].contains(words), "{found:?}");
            assert!(!secrets.iter().any(|(_, value)| found[0].contains(value)), "{found:?}");
        }
        assert_eq!(warnings(&[("A", "hunter22\n"), ("B", "something else")]), [""; 0]);
    }
}
