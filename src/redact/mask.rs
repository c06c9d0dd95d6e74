//! What stands in place of a secret.

/// The mask, unless it has something in common with a secret.
pub const MASK: &str = "[secret]";
/// Characters that make up the mask instead, the nicest first; there are more of them than a secret can hold.
const OTHERS: [std::ops::RangeInclusive<char>; 5] =
    ['•'..='•', '█'..='█', '×'..='×', '─'..='◿', '\u{e000}'..='\u{10fffd}'];

/// A mask that can neither be a part of a form, nor become one together with what stands around it.
pub fn choose<'f>(forms: impl Iterator<Item = &'f [u8]> + Clone) -> String {
    let safe = |mask: &String| forms.clone().all(|form| !completes(mask.as_bytes(), form));
    let others = OTHERS.into_iter().flatten().map(|c| String::from_iter([c; 3]));
    let mut all = std::iter::once(MASK.to_owned()).chain(others);
    all.find(safe).expect("there are more characters than all secrets have together")
}

/// Whether an occurrence of `form` can hold a byte of `mask`: then one of them lies in the other, or one begins as the
/// other ends.
fn completes(mask: &[u8], form: &[u8]) -> bool {
    let shorter = mask.len().min(form.len());
    let edge = |n: usize| mask.ends_with(&form[..n]) || mask.starts_with(&form[form.len() - n..]);
    memchr::memmem::find(mask, form).is_some() || memchr::memmem::find(form, mask).is_some() || (1..=shorter).any(edge)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(forms: &[&str]) -> String {
        choose(forms.iter().map(|form| form.as_bytes()))
    }

    #[test]
    fn a_mask_has_nothing_in_common_with_a_secret() {
        assert_eq!(chosen(&["hunter2", "a[b]c", "xt"]), MASK);
        for bad in ["secret", "e", "[", "x[", "x[sec", "]y", "ret]y", "a [secret] b", "[secret]"] {
            assert_eq!(chosen(&[bad]), "•••", "{bad}");
        }
        assert_eq!(chosen(&["a[", "•"]), "███");
        assert_eq!(chosen(&["]", "x•", "█y", "×", "─"]), "━━━");
    }
}
