//! The front matter (docs/format.md §8).

use super::{DRAFT, VARIABLE, duration, target, text};
use crate::runbook::ParameterKind;
use serde_json::{Value, json};

/// Its schema.
pub fn front_matter() -> Value {
    json!({
        "$schema": DRAFT,
        "title": "The front matter of a stepgate runbook",
        "type": "object",
        "properties": {
            "stepgate": { "const": 1, "description": "The version of the format" },
            "title": text("What it is called; else the first heading"),
            "description": text("What it is for, and why"),
            "owner": text("Who answers for it"),
            "params": { "type": "object", "propertyNames": { "pattern": VARIABLE }, "additionalProperties": parameter() },
            "secrets": { "type": "array", "items": { "type": "string", "pattern": VARIABLE }, "description": "Variables whose values are masked" },
            "targets": { "type": "object", "additionalProperties": target(), "description": "Where steps run" },
            "env": { "type": "object", "propertyNames": { "pattern": VARIABLE }, "additionalProperties": { "type": "string" } },
            "tools": { "type": "object", "additionalProperties": tool(), "description": "Programs that must be there" },
            "max-age": duration("How old the newest recorded run may be before `verify` complains"),
            "defaults": {
                "type": "object",
                "properties": {
                    "on": text("The target of steps that name none"),
                    "timeout": duration("The timeout of steps that name none"),
                    "poll": duration("The pause between attempts"),
                },
                "additionalProperties": false,
            },
            "acceptance": {
                "type": "object",
                "propertyNames": { "pattern": "^[A-Za-z0-9._-]+$" },
                "additionalProperties": { "type": "string" },
                "description": "What must be true: id to text",
            },
        },
        "required": ["stepgate"],
        "additionalProperties": false,
    })
}

fn parameter() -> Value {
    json!({
        "type": ["object", "null"],
        "properties": {
            "type": { "enum": ParameterKind::ALL.map(ParameterKind::as_str), "description": "`string` if none is written" },
            "default": { "type": ["string", "integer", "number", "boolean"], "description": "Without it the parameter is required" },
            "pattern": text("A Rust regex for the whole value"),
            "values": { "type": ["array", "string"], "description": "A list to choose from, or with `after` an expression that makes one" },
            "help": text("What it is, for whoever is asked"),
            "after": text("The step behind which it is asked for"),
        },
        "additionalProperties": false,
    })
}

fn tool() -> Value {
    json!({
        "oneOf": [
            { "type": "null" },
            { "type": "string", "description": "A range, such as `>=1.6`" },
            {
                "type": "object",
                "properties": {
                    "on": text("The target that must have it"),
                    "version": text("A range, such as `>=3.5 <4`"),
                    "ask": text("The command that prints the version"),
                },
                "additionalProperties": false,
            },
        ],
    })
}
