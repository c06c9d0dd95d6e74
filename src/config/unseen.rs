//! `stepgate.toml` as a finding may quote it: whoever writes a secret's value where its source belongs shall not read it
//! on the screen.

use crate::diagnostic::Source;

/// What a line under `secrets` may say in clear.
const WORDS: &[&str] = &["env", "file", "command", "prompt", "true", "false"];

/// The file with every value under `secrets` made unreadable, byte for byte in its place.
pub fn unseen(source: Source) -> Source {
    let mut inside = false;
    let mut text = String::with_capacity(source.text.len());
    for line in source.text.split_inclusive('\n') {
        let start = line.trim_start();
        if start.starts_with('[') {
            inside = start.contains("secrets");
        }
        let name = line.find('=').filter(|_| inside || start.starts_with("secrets"));
        // A line that only goes on may be all value.
        let shown = name.unwrap_or(if inside && !start.starts_with('[') { 0 } else { line.len() });
        text.push_str(&line[..shown]);
        text.push_str(&hidden(&line[shown..]));
    }
    Source::new(source.name, text)
}

fn hidden(value: &str) -> String {
    let word = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(c) = rest.chars().next() {
        let end = rest.find(|c| word(c) != word(rest.chars().next().unwrap_or(c))).unwrap_or(rest.len());
        let (piece, behind) = rest.split_at(end);
        match word(c) && !WORDS.contains(&piece) {
            true => out.extend(std::iter::repeat_n('*', piece.len())),
            false => out.push_str(piece),
        }
        rest = behind;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_secrets_are_unreadable_and_everything_keeps_its_place() {
        let text = "[targets]\na = \"ssh x\"\n[secrets]\nPW = \"hunter22-é x\"\nDB = { env = \"V\" }\nhunter33\n[lint]\nSG064 = \"off\"\n[profile.x]\nsecrets = { P = \"hunter44\" }\n";
        let shown = unseen(Source::new("t", text)).text;
        assert_eq!(
            shown,
            "[targets]\na = \"ssh x\"\n[secrets]\nPW = \"*********** *\"\nDB = { env = \"*\" }\n********\n[lint]\nSG064 = \"off\"\n[profile.x]\nsecrets = { * = \"********\" }\n"
        );
        assert_eq!(shown.len(), text.len());
    }
}
