//! `stepgate explain CODE`: what a finding means and what to do about it.

use super::args;
use super::error::{Exit, Failure};
use super::output::print;
use crate::diagnostic::{Code, nearest};

/// The command.
pub fn explain(options: &args::Explain) -> Result<Exit, Failure> {
    let wanted = options.code.trim().to_ascii_uppercase();
    let found = Code::ALL.iter().find(|code| code.as_str() == wanted);
    let code = found.ok_or_else(|| {
        let near = nearest(&wanted, Code::ALL.iter().map(|code| code.as_str()));
        let hint = near.map_or_else(|| "the codes start with SG".to_owned(), |near| format!("did you mean `{near}`?"));
        Failure::usage(format!("there is no code `{}`", crate::text::escape_line(&options.code))).hint(hint)
    })?;
    print(&format!("{}\n", code.page().trim()))?;
    Ok(Exit::Success)
}
