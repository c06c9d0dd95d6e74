//! `stepgate schema`, `completions`, `man`: what stepgate says of itself to other programs.

use super::args;
use super::error::{Exit, Failure};
use super::output::{print, print_json};
use crate::schema;
use clap_complete::generate;

/// `stepgate schema WHAT`.
pub fn print_schema(options: &args::Schema) -> Result<Exit, Failure> {
    print_json(&match options.what {
        args::SchemaOf::Runbook => schema::front_matter(),
        args::SchemaOf::Config => schema::config(),
    })?;
    Ok(Exit::Success)
}

/// `stepgate completions SHELL`.
pub fn completions(options: &args::Completions) -> Result<Exit, Failure> {
    let mut out = Vec::new();
    generate(options.shell, &mut args::command(), "stepgate", &mut out);
    print(&String::from_utf8_lossy(&out))?;
    Ok(Exit::Success)
}

/// `stepgate man [COMMAND]…`.
pub fn man(options: &args::Man) -> Result<Exit, Failure> {
    let mut command = args::command().name("stepgate");
    command.build();
    for word in &options.command {
        let known = command.find_subcommand(word).cloned();
        command =
            known.ok_or_else(|| Failure::usage(format!("there is no command `{}`", options.command.join(" "))))?;
    }
    let name =
        std::iter::once("stepgate").chain(options.command.iter().map(String::as_str)).collect::<Vec<_>>().join("-");
    let mut out = Vec::new();
    let rendered = clap_mangen::Man::new(command).title(name).render(&mut out);
    rendered.map_err(|error| Failure::new(Exit::Failure, format!("the page cannot be made: {error}")))?;
    print(&String::from_utf8_lossy(&out))?;
    Ok(Exit::Success)
}
