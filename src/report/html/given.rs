//! What a run was given: parameters, targets, where its secrets came from.

use crate::event::{RunStarted, RunState};
use crate::page::Fact;
use serde::Serialize;
use std::collections::BTreeMap;

/// A list with its title.
#[derive(Debug, Serialize)]
pub struct Given {
    title: &'static str,
    facts: Vec<Fact>,
}

/// Every list that has something in it.
pub fn given(state: &RunState, header: &RunStarted) -> Vec<Given> {
    let list = |title, all: &BTreeMap<String, String>| {
        let facts = all.iter().map(|(name, value)| Fact { label: name.clone(), text: value.clone() });
        Given { title, facts: facts.collect() }
    };
    let all = [
        list("Parameters", &state.params),
        list("Targets", &header.targets),
        list("Environment", &header.env),
        list("Secrets, and where they came from", &state.secrets),
    ];
    all.into_iter().filter(|given| !given.facts.is_empty()).collect()
}
