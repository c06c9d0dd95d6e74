//! The text of an expression to its syntax tree, on a thread with a stack that fits whatever the limits let through.

use super::{bounded, functions, regexes, walk};
use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, operators};
use cel::{Env, ParseErrors};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, mpsc};
use std::time::Duration;

/// The name of every thread that runs CEL, so that its panics can be told apart: they are answers.
pub const THREAD: &str = "expressions";
/// Deep brackets and long chains recurse, without optimization by some kilobytes a level.
pub const STACK: usize = 64 << 20;
/// No honest expression takes longer to read.
const LIMIT: Duration = Duration::from_secs(10);

/// The language: CEL's own macros and functions, and the strings of its extension. Optional fields (`a.?b`) are not in
/// it: they would hide a misspelt name.
pub static LANGUAGE: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut env = Env::stdlib().with_optional_support(false);
    env.add_extension(cel::extensions::strings).expect("the extension clashes with nothing");
    bounded::add(&mut env);
    regexes::add(&mut env);
    Arc::new(env)
});

/// A parsed expression.
#[derive(Debug)]
pub struct Tree {
    /// What was written, but for functions of our own that stand in for CEL's.
    pub root: IdedExpr,
    /// The byte where each node's own sign stands: a name's first letter, an operator, a call's bracket.
    pub places: BTreeMap<u64, usize>,
}

type Answer = Result<Tree, (usize, String)>;
type Job = (String, mpsc::Sender<Answer>);

static READER: Mutex<Option<mpsc::Sender<Job>>> = Mutex::new(None);

/// Reads an expression that is within the limits.
///
/// # Errors
///
/// The byte where it cannot be read, and why.
pub fn compile(source: &str) -> Answer {
    let unknown = |why: &str| Err((0, format!("it cannot be read: {why}")));
    let (sender, answer) = mpsc::channel();
    let mut reader = READER.lock().unwrap_or_else(PoisonError::into_inner);
    let jobs = reader.take().map_or_else(start, Ok);
    let Ok(jobs) = jobs else { return unknown("no thread for it can be started") };
    if jobs.send((source.to_owned(), sender)).is_err() {
        return unknown("its thread ended");
    }
    *reader = Some(jobs);
    drop(reader);
    match answer.recv_timeout(LIMIT) {
        Ok(answer) => answer,
        Err(why) => {
            // A thread that is stuck is left to itself.
            READER.lock().unwrap_or_else(PoisonError::into_inner).take();
            unknown(if why == mpsc::RecvTimeoutError::Timeout { "it takes too long" } else { "the parser broke off" })
        }
    }
}

fn start() -> std::io::Result<mpsc::Sender<Job>> {
    let (sender, receiver) = mpsc::channel::<Job>();
    let work = move || {
        for (source, answer) in receiver {
            // A panic drops `answer`, which says enough.
            if let Ok(tree) = std::panic::catch_unwind(|| read(&source)) {
                _ = answer.send(tree);
            }
        }
    };
    std::thread::Builder::new().name(THREAD.to_owned()).stack_size(STACK).spawn(work)?;
    Ok(sender)
}

fn read(source: &str) -> Answer {
    let program = LANGUAGE.compile(source).map_err(|errors| first_error(source, &errors))?;
    let mut root = program.expression().clone();
    let mut places = BTreeMap::new();
    walk::each(&root, &mut |node| {
        let start = program.source_info().offset_for(node.id).map(|(start, _)| start as usize);
        places.extend(start.map(|start| (node.id, start)));
    });
    walk::each_mut(&mut root, &mut replace);
    Ok(Tree { root, places })
}

/// Puts functions of our own in the place of those of CEL that read too much or can grow without bound, and counts
/// every turn of a loop.
fn replace(node: &mut IdedExpr) {
    match &mut node.expr {
        Expr::Call(call) if !is_step_of_map(call) => {
            if let Some(own) = functions::own_name(&call.func_name) {
                call.func_name = own.to_owned();
            }
        }
        Expr::Comprehension(loop_) => count_turns(loop_),
        _ => {}
    }
}

/// `@result + [x]`, which `map` and `filter` are made of and which CEL adds up in place.
fn is_step_of_map(call: &CallExpr) -> bool {
    matches!(call.args.first(), Some(IdedExpr { expr: Expr::Ident(name), .. }) if name.starts_with('@'))
}

/// Makes one part of the loop, which is evaluated in each turn, `@tick() ? part : false`. Which part is chosen so that
/// CEL still knows its own loops by their shape, and so that no loop goes on after the error.
fn count_turns(loop_: &mut ComprehensionExpr) {
    if !matches!(loop_.loop_cond.expr, Expr::Literal(_)) {
        return count(&mut loop_.loop_cond);
    }
    match &mut loop_.loop_step.expr {
        Expr::Call(call) if call.func_name == operators::CONDITIONAL => {
            if let [guard, step, _] = call.args.as_mut_slice() {
                count(guard);
                added_item(step).into_iter().for_each(weigh);
            }
        }
        _ => match added_item(&mut loop_.loop_step) {
            Some(item) => {
                count(item);
                weigh(item);
            }
            None => count(&mut loop_.loop_step),
        },
    }
}

/// The `x` of `@result + [x]`.
fn added_item(step: &mut IdedExpr) -> Option<&mut IdedExpr> {
    let Expr::Call(call) = &mut step.expr else { return None };
    match &mut call.args.last_mut()?.expr {
        Expr::List(list) => list.elements.first_mut(),
        _ => None,
    }
}

fn count(part: &mut IdedExpr) {
    let id = part.id;
    let tick = call(id, functions::TICK, Vec::new());
    let never = IdedExpr { id, expr: Expr::Literal(LiteralValue::Boolean(false.into())) };
    let counted = std::mem::take(part);
    *part = call(id, operators::CONDITIONAL, vec![tick, counted, never]);
}

/// Makes the item that a loop adds `@weigh(…)`.
fn weigh(part: &mut IdedExpr) {
    let counted = std::mem::take(part);
    *part = call(counted.id, functions::WEIGH, vec![counted]);
}

fn call(id: u64, name: &str, args: Vec<IdedExpr>) -> IdedExpr {
    IdedExpr { id, expr: Expr::Call(CallExpr { func_name: name.to_owned(), target: None, args }) }
}

/// The first error's byte, and its words.
fn first_error(source: &str, errors: &ParseErrors) -> (usize, String) {
    let Some(error) = errors.errors.first() else { return (0, "it cannot be read".to_owned()) };
    let line = usize::try_from(error.pos.0).unwrap_or(1).max(1);
    let column = usize::try_from(error.pos.1).unwrap_or(1).max(1);
    let start: usize = source.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let rest = &source[start.min(source.len())..];
    let at = start + rest.char_indices().nth(column - 1).map_or(rest.len(), |(at, _)| at);
    (at, plain(error.msg.lines().next().unwrap_or_default()))
}

/// The generated parser's words, which list every token that it would have taken, in plain ones.
fn plain(words: &str) -> String {
    let words = words.trim_start_matches("Syntax error: ").split(" expecting ").next().unwrap_or_default();
    let quoted = |start: &str| words.strip_prefix(start).map(|token| token.trim_matches('\'').to_owned());
    if words.ends_with("input '<EOF>'") {
        return "it ends too early".to_owned();
    }
    if let Some((sign, token)) = quoted("missing ").as_deref().and_then(|missing| missing.split_once("' at '")) {
        return match token {
            "<EOF>" => format!("it ends without `{sign}`"),
            token => format!("`{sign}` is missing before `{token}`"),
        };
    }
    let unexpected = quoted("mismatched input ").or_else(|| quoted("extraneous input "));
    match (unexpected, quoted("token recognition error at: ")) {
        (Some(token), _) => format!("`{token}` is not expected here"),
        (_, Some(token)) if token.trim() == "=" => "`=` compares nothing".to_owned(),
        (_, Some(token)) => format!("`{}` is no part of the language", token.trim()),
        _ => words.to_owned(),
    }
}

/// Whether the tree constructs a message type, which no expression of a runbook has.
pub fn has_struct(root: &IdedExpr) -> Option<u64> {
    let mut found = None;
    walk::each(root, &mut |node| {
        let inside = matches!(&node.expr, Expr::Map(map) if map.entries.iter().any(|entry| matches!(entry.expr, EntryExpr::StructField(_))));
        if inside || matches!(node.expr, Expr::Struct(_)) {
            found = found.or(Some(node.id));
        }
    });
    found
}
