//! Expressions are evaluated on a thread of their own: CEL has no budget, and its recursion needs a large stack.

use super::assertion::{Assertion, LANGUAGE};
use super::facts::{Facts, ResultFacts, StepFacts, Text, Value as Fact};
use super::{functions, json, show, time, walk};
use cel::common::ast::{Expr, IdedExpr};
use cel::objects::{Key, Map};
use cel::{Context, ExecutionError, Value};
use std::collections::{BTreeMap, HashMap};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, mpsc};
use std::time::Duration;
use tokio::sync::oneshot;

/// The name of every thread that runs CEL, so that its panics can be told apart: they are answers.
pub const THREAD: &str = "expressions";
/// No honest expression takes longer.
const LIMIT: Duration = Duration::from_secs(10);
/// More values are not shown of one expression.
const SHOWN: usize = 6;

/// Whether an expression holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Whether it is true.
    pub holds: bool,
    /// Why not, with the values in it; of one that holds, what is worth knowing.
    pub detail: Option<String>,
}

/// Evaluates expressions on a thread that is started when the first one comes.
#[derive(Debug, Default)]
pub struct Evaluator {
    jobs: Option<mpsc::Sender<Job>>,
}

type Job = Box<dyn FnOnce() + Send>;

impl Evaluator {
    /// What each expression says, in order.
    pub async fn judge(&mut self, expressions: Arc<[Assertion]>, facts: Facts) -> Vec<Outcome> {
        let all = expressions.clone();
        let judged = self.run(move || {
            let world = World::new(&expressions, facts);
            expressions.iter().map(|assertion| world.judge(assertion)).collect::<Vec<_>>()
        });
        match judged.await {
            Ok(outcomes) => outcomes,
            Err(why) => all
                .iter()
                .map(|assertion| Outcome { holds: false, detail: Some(format!("`{}` {why}", assertion.text())) })
                .collect(),
        }
    }

    /// Whether the first expression is true.
    ///
    /// # Errors
    ///
    /// If it is neither true nor false, in plain words.
    pub async fn condition(&mut self, expressions: Arc<[Assertion]>, facts: Facts) -> Result<bool, String> {
        self.run(move || {
            let world = World::new(&expressions, facts);
            let value = expressions.first().ok_or("there is no expression")?;
            match world.value(value.tree())? {
                Value::Bool(truth) => Ok(truth),
                other => Err(format!("it is {} and neither true nor false", show::value(&other))),
            }
        })
        .await?
    }

    /// The texts in the list that the first expression makes.
    ///
    /// # Errors
    ///
    /// If it makes none, in plain words.
    pub async fn list(&mut self, expressions: Arc<[Assertion]>, facts: Facts) -> Result<Vec<String>, String> {
        self.run(move || {
            let world = World::new(&expressions, facts);
            let value = expressions.first().ok_or("there is no expression")?;
            let Value::List(items) = world.value(value.tree())? else {
                return Err("it is no list".to_owned());
            };
            items.iter().map(list_item).collect()
        })
        .await?
    }

    async fn run<T: Send + 'static>(&mut self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move || {
            let done = std::panic::catch_unwind(AssertUnwindSafe(work));
            _ = sender.send(done);
        });
        self.send(job)?;
        match tokio::time::timeout(LIMIT, receiver).await {
            Ok(Ok(Ok(done))) => Ok(done),
            Ok(_) => Err("cannot be evaluated: the evaluation broke off".to_owned()),
            Err(_) => {
                // The thread goes on for itself; the next expression gets another one.
                self.jobs = None;
                Err(format!("takes longer than {} s", LIMIT.as_secs()))
            }
        }
    }

    fn send(&mut self, job: Job) -> Result<(), String> {
        let jobs = match self.jobs.take() {
            Some(jobs) => jobs,
            None => {
                let (sender, receiver) = mpsc::channel::<Job>();
                let thread = std::thread::Builder::new().name(THREAD.to_owned()).stack_size(64 << 20);
                let started = thread.spawn(move || receiver.into_iter().for_each(|job| job()));
                started.map_err(|error| format!("cannot be evaluated: no thread for it: {error}"))?;
                sender
            }
        };
        jobs.send(job).map_err(|_| "cannot be evaluated: its thread ended".to_owned())?;
        self.jobs = Some(jobs);
        Ok(())
    }
}

fn list_item(item: &Value) -> Result<String, String> {
    match item {
        Value::String(text) => Ok(text.to_string()),
        Value::Int(number) => Ok(number.to_string()),
        other => Err(format!("{} in it is no text", show::value(other))),
    }
}

/// The names that expressions may use, with their values.
struct World {
    context: Context<'static, 'static>,
    /// Why a name that is used has no value, by the name.
    missing: BTreeMap<String, String>,
}

impl World {
    fn new(expressions: &[Assertion], facts: Facts) -> Self {
        let mut context = Context::with_env(LANGUAGE.clone());
        functions::add(&mut context);
        let mut world = Self { context, missing: BTreeMap::new() };
        let used: Vec<_> = expressions.iter().map(Assertion::references).collect();
        let wants = |root: &str| used.iter().any(|used| used.roots.contains(root));
        world.set("now", Value::Timestamp(time::to_chrono(facts.now)));
        world.set("params", map(facts.params.into_iter().map(|(name, value)| (name, fact(value)))));
        world.set("vars", map(facts.vars.into_iter().map(|(name, value)| (name, Value::from(value.as_str())))));
        if let Some(result) = facts.result {
            world.set_result(result, &wants);
        }
        let fields = |step: &str| {
            used.iter().filter_map(|used| used.steps.get(step)).flatten().cloned().collect::<Vec<String>>()
        };
        let named = |step: &str| used.iter().any(|used| used.steps.contains_key(step));
        let steps: Vec<_> = facts.steps.into_iter().filter(|(name, _)| named(name)).collect();
        let mut values = Vec::new();
        for (name, step) in steps {
            let value = world.step(&name, step, &fields(&name));
            values.push((name, value));
        }
        world.set("steps", map(values));
        world
    }

    fn set(&mut self, name: &str, value: Value) {
        self.context.add_variable_from_value(name, value);
    }

    fn set_result(&mut self, result: ResultFacts, wants: &dyn Fn(&str) -> bool) {
        if let Some(code) = result.exit_code {
            self.set("exit_code", Value::Int(code));
        }
        self.set("attempt", Value::Int(i64::from(result.attempt)));
        self.set("elapsed", duration(result.elapsed));
        for (name, text, read) in [
            ("stdout", &result.stdout, text_value as fn(&str) -> Result<Value, String>),
            ("stderr", &result.stderr, text_value),
            ("lines", &result.stdout, lines_value),
            ("json", &result.stdout, json::parse),
        ] {
            if !wants(name) {
                continue;
            }
            match stream(name, text, read) {
                Ok(value) => self.set(name, value),
                Err(why) => _ = self.missing.insert(name.to_owned(), why),
            }
        }
    }

    /// An earlier step as a map; a field that has no value is not in it.
    fn step(&mut self, name: &str, step: StepFacts, wanted: &[String]) -> Value {
        let mut fields = vec![("status".to_owned(), Value::from(step.status.as_str()))];
        let mut add = |name: &str, value: Option<Value>| fields.extend(value.map(|value| (name.to_owned(), value)));
        add("exit_code", step.exit_code.map(Value::Int));
        add("started", step.started.map(|at| Value::Timestamp(time::to_chrono(at))));
        add("finished", step.finished.map(|at| Value::Timestamp(time::to_chrono(at))));
        add("elapsed", step.elapsed.map(duration));
        for (field, text, read) in [
            ("stdout", &step.stdout, text_value as fn(&str) -> Result<Value, String>),
            ("stderr", &step.stderr, text_value),
            ("lines", &step.stdout, lines_value),
            ("json", &step.stdout, json::parse),
        ] {
            // `steps.a` as a whole, or in brackets with a computed name, gets everything.
            let asked = wanted.is_empty() || wanted.iter().any(|wanted| wanted == field);
            let Some(text) = text.as_ref().filter(|_| asked) else { continue };
            match stream(field, text, read) {
                Ok(value) => add(field, Some(value)),
                Err(why) => _ = self.missing.insert(format!("steps.{name}.{field}"), why),
            }
        }
        map(fields)
    }

    fn judge(&self, assertion: &Assertion) -> Outcome {
        let said = |holds, words: String| {
            let message = assertion.message().map_or_else(String::new, |message| format!(" · {message}"));
            Outcome { holds, detail: Some(format!("`{}` {words}{message}", assertion.text())) }
        };
        match self.value(assertion.tree()) {
            Ok(Value::Bool(true)) => match self.empty_all(assertion.tree()) {
                true => said(true, "holds (0 items)".to_owned()),
                false => Outcome { holds: true, detail: None },
            },
            Ok(Value::Bool(false)) => {
                let values = self.values(assertion.tree());
                let values = if values.is_empty() { values } else { format!(": {values}") };
                said(false, format!("is false{values}"))
            }
            Ok(other) => said(false, format!("is {} and neither true nor false", show::value(&other))),
            Err(why) => said(false, format!("cannot be evaluated: {why}")),
        }
    }

    fn value(&self, tree: &IdedExpr) -> Result<Value, String> {
        Value::resolve(tree, &self.context).map_err(|error| self.explain(tree, &error))
    }

    /// Whether an `all` of the tree went over nothing.
    fn empty_all(&self, tree: &IdedExpr) -> bool {
        let mut empty = false;
        walk::each(tree, &mut |node| {
            let size = walk::list_of_all(node).and_then(|list| Value::resolve(list, &self.context).ok());
            empty |= match size {
                Some(Value::List(items)) => items.is_empty(),
                Some(Value::Map(map)) => map.map.is_empty(),
                _ => false,
            };
        });
        empty
    }

    /// The paths and calls of the tree with their values; what depends on a loop's variable has none.
    fn values(&self, tree: &IdedExpr) -> String {
        let mut found: Vec<String> = Vec::new();
        self.collect(tree, &mut found);
        found.truncate(SHOWN);
        found.join(", ")
    }

    fn collect(&self, node: &IdedExpr, found: &mut Vec<String>) {
        let worth = match &node.expr {
            Expr::Literal(_) | Expr::Unspecified => return,
            Expr::Ident(_) | Expr::Select(_) | Expr::Call(_) => show::text(node),
            _ => None,
        };
        let value = worth.zip(Value::resolve(node, &self.context).ok());
        match value {
            Some((text, value)) if !matches!(value, Value::Bool(_)) || !matches!(node.expr, Expr::Call(_)) => {
                let line = format!("`{text}` = {}", show::value(&value));
                if !found.contains(&line) {
                    found.push(line);
                }
            }
            _ => walk::children(node).into_iter().for_each(|child| self.collect(child, found)),
        }
    }

    /// An error in plain words: first what is known of names without a value.
    fn explain(&self, tree: &IdedExpr, error: &ExecutionError) -> String {
        let mut reasons = Vec::new();
        walk::each(tree, &mut |node| {
            let text = show::text(node).unwrap_or_default().replace("[\"", ".").replace("\"]", "");
            if let Some(why) = self.missing.get(&text) {
                let stream = if text.ends_with("json") { text.replace("json", "stdout") } else { text.clone() };
                let words = format!("`{stream}` {why}");
                if !reasons.contains(&words) {
                    reasons.push(words);
                }
            }
        });
        if !reasons.is_empty() {
            return reasons.join(", ");
        }
        match error {
            ExecutionError::NoSuchKey(key) if self.is_unset(tree, key) => {
                format!("`{key}` is not set: the step that captures it was skipped or did not pass")
            }
            ExecutionError::NoSuchKey(key) => format!("there is no `{key}`"),
            ExecutionError::UndeclaredReference(name) => format!("`{name}` has no value here"),
            ExecutionError::FunctionError { function, message } => {
                let name = if function == functions::DURATION { "duration" } else { function };
                format!("{name}: {message}")
            }
            ExecutionError::IndexOutOfBounds(at) => format!("the list has no item {}", show::value(at)),
            other => crate::text::shorten(&other.to_string(), 300),
        }
    }

    fn is_unset(&self, tree: &IdedExpr, key: &str) -> bool {
        let mut found = false;
        walk::each(tree, &mut |node| {
            found |=
                show::text(node).is_some_and(|text| text == format!("vars.{key}") || text == format!("params.{key}"));
        });
        found
    }
}

fn stream(name: &str, text: &Text, read: fn(&str) -> Result<Value, String>) -> Result<Value, String> {
    if !text.whole {
        let size = text.bytes.len() >> 20;
        return Err(format!("has more than the {size} MiB that an expression may look at, so `{name}` is not known"));
    }
    read(&String::from_utf8_lossy(&text.bytes))
}

fn text_value(text: &str) -> Result<Value, String> {
    Ok(Value::from(text))
}

fn lines_value(text: &str) -> Result<Value, String> {
    Ok(Value::List(Arc::new(text.lines().map(Value::from).collect())))
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
