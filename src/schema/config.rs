//! `stepgate.toml` (docs/format.md §9).

use super::{DRAFT, VARIABLE, duration, target, text};
use crate::diagnostic::Code;
use serde_json::{Map, Value, json};

/// Its schema.
pub fn config() -> Value {
    let levels: Map<String, Value> = Code::ALL
        .iter()
        .filter(|code| code.is_lint())
        .map(|code| (code.to_string(), json!({ "enum": ["error", "warn", "off"], "description": code.meaning() })))
        .collect();
    json!({
        "$schema": DRAFT,
        "title": "stepgate.toml",
        "type": "object",
        "properties": {
            "targets": targets(),
            "interpreter": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "properties": { "run": text("The words of a program; the script is put behind them as a file") },
                    "required": ["run"],
                    "additionalProperties": false,
                },
            },
            "secrets": secrets(),
            "limits": {
                "type": "object",
                "properties": {
                    "grace": duration("Between TERM and KILL"),
                    "drain": duration("Waiting for whoever still holds a killed step's output"),
                    "output": { "type": "string", "pattern": "^[0-9]+ ?(B|kB|MB|GB|KiB|MiB|GiB)$", "description": "Kept of one stream" },
                },
                "additionalProperties": false,
            },
            "lint": { "type": "object", "properties": levels, "additionalProperties": false },
            "sign": {
                "type": "object",
                "properties": {
                    "key": text("The SSH key that signs each run when it closes"),
                    "allowed": text("The file of allowed signers"),
                },
                "additionalProperties": false,
            },
            "profile": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "properties": {
                        "params": { "type": "object", "propertyNames": { "pattern": VARIABLE }, "additionalProperties": { "type": ["string", "integer", "number", "boolean"] } },
                        "targets": targets(),
                        "gates": { "type": "object", "additionalProperties": { "enum": ["none", "confirm", "type"] } },
                        "secrets": secrets(),
                    },
                    "additionalProperties": false,
                },
            },
        },
        "additionalProperties": false,
    })
}

fn targets() -> Value {
    json!({ "type": "object", "additionalProperties": target() })
}

fn secrets() -> Value {
    let one = |key: &str, value: Value| json!({ "type": "object", "properties": { key: value }, "required": [key], "additionalProperties": false });
    let sources = [
        one("env", text("A variable of the environment")),
        one("file", text("A file beside stepgate.toml, or `~/…`")),
        one("command", text("A command that prints it, started without a shell")),
        one("prompt", json!({ "const": true, "description": "A person is asked" })),
    ];
    json!({ "type": "object", "propertyNames": { "pattern": VARIABLE }, "additionalProperties": { "oneOf": sources } })
}
