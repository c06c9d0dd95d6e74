//! The names that expressions may use, with their values.

use super::assertion::Assertion;
use super::budget::Budget;
use super::compile::LANGUAGE;
use super::facts::{Facts, ResultFacts, StepFacts, Text, Value as Fact};
use super::names::{References, WHOLE};
use super::regexes::MOST_ITEMS;
use super::{bounded, functions, json, time, walk, words};
use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue};
use cel::objects::{Key, Map};
use cel::{Context, Value};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// Why a name that is used has no value.
struct Hole {
    why: String,
    /// Whether an expression that looked at it cannot hold, whatever it came to.
    spoils: bool,
}

/// What expressions are evaluated in.
pub struct World {
    context: Context<'static, 'static>,
    budget: Budget,
    /// By the path of the name.
    holes: BTreeMap<Vec<String>, Hole>,
}

type Read = fn(&Text) -> Result<Value, String>;

/// What is made of the streams, by name; whether it is standard output.
const STREAMS: &[(&str, bool, Read)] = &[
    ("stdout", true, text_value),
    ("stderr", false, text_value),
    ("lines", true, lines_value),
    ("json", true, json_value),
];

impl World {
    /// Everything that these expressions look at.
    pub fn new(expressions: &[Assertion], facts: Facts, budget: Budget) -> Self {
        let mut context = Context::with_env(LANGUAGE.clone());
        functions::add(&mut context, &budget);
        let mut world = Self { context, budget, holes: BTreeMap::new() };
        let used: Vec<_> = expressions.iter().map(Assertion::references).collect();
        world.set("now", Value::Timestamp(time::to_chrono(facts.now)));
        world.note_unset(&used, &facts);
        world.set("params", map(facts.params.into_iter().map(|(name, value)| (name, fact(value)))));
        world.set("vars", map(facts.vars.into_iter().map(|(name, value)| (name, Value::from(value.as_str())))));
        if let Some(result) = facts.result {
            world.set_result(result, &|root| used.iter().any(|used| used.roots.contains(root)));
        }
        let mut steps = Vec::new();
        for (name, step) in facts.steps {
            let fields: Vec<&str> =
                used.iter().filter_map(|used| used.steps.get(&name)).flatten().map(String::as_str).collect();
            let value = world.step(&name, step, &fields);
            steps.push((name, value));
        }
        world.set("steps", map(steps));
        world
    }

    /// Evaluates a whole expression, with a budget of its own.
    ///
    /// # Errors
    ///
    /// Why it has no value, in plain words.
    pub fn begin(&self, tree: &IdedExpr) -> Result<Value, String> {
        self.budget.begin();
        bounded::begin();
        let value = Value::resolve(tree, &self.context).map_err(|error| words::explain(&error));
        match self.budget.spoiled() {
            Some(why) => Err(why),
            None => value,
        }
    }

    /// The value of a part of an expression, if it has one by itself.
    pub fn part(&self, node: &IdedExpr) -> Option<Value> {
        Value::resolve(node, &self.context).ok()
    }

    /// The tree with the reason in every place that looks at a name without a value.
    pub fn filled(&self, tree: &IdedExpr) -> IdedExpr {
        let mut tree = tree.clone();
        if !self.holes.is_empty() {
            walk::each_mut(&mut tree, &mut |node| {
                let path = if walk::is_test(node) { None } else { walk::path(node) };
                let hole = path.and_then(|path| {
                    self.holes.iter().find(|(name, _)| name.iter().map(String::as_str).eq(path.iter().copied()))
                });
                if let Some((_, hole)) = hole {
                    node.expr = hole.call();
                }
            });
        }
        tree
    }

    fn set(&mut self, name: &str, value: Value) {
        self.context.add_variable_from_value(name, value);
    }

    fn hole(&mut self, path: &[&str], why: String, spoils: bool) {
        self.holes.insert(path.iter().map(|word| (*word).to_owned()).collect(), Hole { why, spoils });
    }

    /// Names that are used and have no value.
    fn note_unset(&mut self, used: &[References], facts: &Facts) {
        for used in used {
            for name in used.vars.iter().filter(|name| !facts.vars.contains_key(*name)) {
                let why = format!("`{name}` is not set: the step that captures it was skipped or did not pass");
                self.hole(&["vars", name], why, false);
            }
            for name in used.params.iter().filter(|name| !facts.params.contains_key(*name)) {
                self.hole(&["params", name], format!("the parameter `{name}` has no value yet"), false);
            }
            for name in used.steps.keys().filter(|name| !facts.steps.contains_key(*name)) {
                self.hole(&["steps", name], format!("the step `{name}` has no result: it did not run"), false);
            }
        }
    }

    fn set_result(&mut self, result: ResultFacts, wants: &dyn Fn(&str) -> bool) {
        match result.exit_code {
            Some(code) => self.set("exit_code", Value::Int(code)),
            None => self.hole(&["exit_code"], "the step ended without an exit code".to_owned(), true),
        }
        self.set("attempt", Value::Int(i64::from(result.attempt)));
        self.set("elapsed", duration(result.elapsed));
        for (name, standard, read) in STREAMS.iter().filter(|(name, ..)| wants(name)) {
            let (stream, text) = if *standard { ("stdout", &result.stdout) } else { ("stderr", &result.stderr) };
            match value_of(text, *read) {
                Ok(value) => self.set(name, value),
                Err(why) => self.hole(&[name], format!("`{stream}` {why}"), true),
            }
        }
    }

    /// An earlier step as a map; a field that has no value is not in it.
    fn step(&mut self, name: &str, step: StepFacts, wanted: &[&str]) -> Value {
        let status = step.status.clone();
        let mut fields = BTreeMap::from([("status".to_owned(), Value::from(step.status.as_str()))]);
        let mut add = |name: &str, value: Option<Value>| fields.extend(value.map(|value| (name.to_owned(), value)));
        add("exit_code", step.exit_code.map(Value::Int));
        add("started", step.started.map(|at| Value::Timestamp(time::to_chrono(at))));
        add("finished", step.finished.map(|at| Value::Timestamp(time::to_chrono(at))));
        add("elapsed", step.elapsed.map(duration));
        for (field, standard, read) in STREAMS {
            let asked = wanted.iter().any(|wanted| wanted == field || *wanted == WHOLE);
            let (stream, text) = if *standard { ("stdout", &step.stdout) } else { ("stderr", &step.stderr) };
            let Some(text) = text.as_ref().filter(|_| asked) else { continue };
            match value_of(text, *read) {
                Ok(value) => add(field, Some(value)),
                Err(why) => self.hole(&["steps", name, field], format!("`steps.{name}.{stream}` {why}"), true),
            }
        }
        for field in wanted.iter().filter(|field| **field != WHOLE && !fields.contains_key(**field)) {
            let path = ["steps", name, *field];
            if !self.holes.keys().any(|hole| hole.iter().eq(path.iter())) {
                self.hole(&path, format!("the step `{name}` has no `{field}`: it is {status}"), false);
            }
        }
        map(fields)
    }
}

impl Hole {
    fn call(&self) -> Expr {
        let node = |literal| IdedExpr { id: 0, expr: Expr::Literal(literal) };
        let args =
            vec![node(LiteralValue::String(self.why.clone().into())), node(LiteralValue::Boolean(self.spoils.into()))];
        Expr::Call(CallExpr { func_name: functions::HOLE.to_owned(), target: None, args })
    }
}

fn value_of(text: &Text, read: Read) -> Result<Value, String> {
    match text.whole {
        true => read(text),
        false => Err(format!(
            "has more than the {} MiB that an expression may look at, so it is not known to the end",
            (text.bytes.len() >> 20).max(1)
        )),
    }
}

fn text_value(text: &Text) -> Result<Value, String> {
    Ok(Value::from(String::from_utf8_lossy(&text.bytes).as_ref()))
}

fn lines_value(text: &Text) -> Result<Value, String> {
    let text = String::from_utf8_lossy(&text.bytes);
    match memchr::memchr_iter(b'\n', text.as_bytes()).count() >= MOST_ITEMS {
        true => Err(format!("has more than {MOST_ITEMS} lines")),
        false => Ok(Value::List(Arc::new(text.lines().map(Value::from).collect()))),
    }
}

fn json_value(text: &Text) -> Result<Value, String> {
    match std::str::from_utf8(&text.bytes) {
        Ok(text) => json::parse(text),
        Err(error) => Err(format!("is not JSON: no UTF-8 text at byte {}", error.valid_up_to())),
    }
}

fn duration(duration: Duration) -> Value {
    Value::Duration(chrono::Duration::from_std(duration).unwrap_or(chrono::Duration::MAX))
}

fn fact(value: Fact) -> Value {
    match value {
        Fact::Text(text) => Value::from(text.as_str()),
        Fact::Int(number) => Value::Int(number),
        Fact::Double(number) => Value::Float(number),
        Fact::Bool(truth) => Value::Bool(truth),
        Fact::Duration(length) => duration(length),
    }
}

fn map(entries: impl IntoIterator<Item = (String, Value)>) -> Value {
    let entries = entries.into_iter().map(|(name, value)| (Key::String(Arc::new(name)), value));
    Value::Map(Map { map: Arc::new(entries.collect::<HashMap<_, _>>()) })
}
