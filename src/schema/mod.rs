//! JSON schemas (draft 7) of what people write by hand, for their editors: a runbook's front matter and `stepgate.toml`.
//!
//! In: nothing. Out: JSON. `runbook` and `config` read the files themselves; tests hold the two together.

mod config;
mod runbook;

pub use config::config;
pub use runbook::front_matter;

use serde_json::{Value, json};

const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

/// What may be the name of a variable.
const VARIABLE: &str = "^[A-Za-z_][A-Za-z0-9_]*$";

/// A duration, as `duration.rs` reads it.
fn duration(description: &str) -> Value {
    json!({ "type": "string", "pattern": "^[0-9]+(ms|s|m|h|d)( [0-9]+(ms|s|m|h|d))*$", "description": description, "examples": ["30s", "1h 30m"] })
}

fn text(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}

/// A target: one command, or a command and its shell.
fn target() -> Value {
    json!({
        "oneOf": [
            { "type": "string", "examples": ["ssh nas", "local"] },
            {
                "type": "object",
                "properties": { "run": text("The words of the command"), "shell": { "enum": ["bash", "sh"], "description": "What it starts there" } },
                "required": ["run"],
                "additionalProperties": false,
            },
        ],
    })
}
