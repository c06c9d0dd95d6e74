//! Where a whole value stands in a text, in whatever form.

use super::all::{spelled, spellings};
use super::{base64, hex};
use memchr::memmem;

/// The first place of the whole value, as it is or encoded; nothing where only one of its lines or another part of it
/// stands, nor where it is shorter than `shortest` bytes.
pub fn whole_in(text: &str, value: &str, shortest: usize) -> Option<usize> {
    let spellings = spellings(value).into_iter().filter(|spelling| spelling.len() >= shortest);
    spellings.filter_map(|spelling| quoted_in(text, &spelling).into_iter().chain(coded_in(text, &spelling)).min()).min()
}

fn quoted_in(text: &str, value: &str) -> Option<usize> {
    let mut forms: Vec<String> = spelled(value).chain([value.to_owned()]).collect();
    forms.sort_unstable();
    forms.dedup();
    forms.iter().filter_map(|form| text.find(form.as_str())).min()
}

/// Encodings are looked for without blanks and line ends: programs break them into lines.
fn coded_in(text: &str, value: &str) -> Option<usize> {
    let bytes = value.as_bytes();
    let mut forms = base64::forms(bytes);
    forms.extend(hex::forms(bytes));
    forms.sort_unstable();
    forms.dedup();
    let solid: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let found = forms.iter().filter_map(|form| memmem::find(&solid, form.as_bytes())).min()?;
    let mut places = text.bytes().enumerate().filter(|(_, byte)| !byte.is_ascii_whitespace());
    places.nth(found).map(|(at, _)| at)
}
