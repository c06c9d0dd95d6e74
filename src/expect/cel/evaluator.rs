//! Expressions are evaluated on a thread of their own: CEL recurses deeply and cannot be interrupted.

use super::assertion::Assertion;
use super::budget::Budget;
use super::compile::{STACK, THREAD};
use super::facts::Facts;
use super::judge::{self, Outcome};
use super::world::World;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;
use tokio::sync::oneshot;

/// No honest expression takes longer. A build without optimization on a busy machine is given time: what its tests hold
/// is that expressions end by their own bounds.
const LIMIT: Duration = Duration::from_secs(if cfg!(test) { 120 } else { 10 });

/// So often one step's expressions are gone on with behind one that broke off.
const ROUNDS: usize = 3;

/// Evaluates expressions on a thread that is started when the first one comes.
#[derive(Debug)]
pub struct Evaluator {
    jobs: Option<mpsc::Sender<Job>>,
    limit: Duration,
}

impl Default for Evaluator {
    fn default() -> Self {
        Self { jobs: None, limit: LIMIT }
    }
}

type Job = Box<dyn FnOnce() + Send>;

/// Whoever no longer waits ends the evaluation at its next turn.
struct Waiting(Budget);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl Evaluator {
    /// One that waits no longer than this.
    #[cfg(test)]
    pub(super) fn with_limit(limit: Duration) -> Self {
        Self { jobs: None, limit }
    }

    /// What each expression says, in order. One that cannot be evaluated, or not in time, does not hold; those behind it
    /// are judged all the same, unless that happens too often.
    pub async fn judge(&mut self, expressions: Arc<[Assertion]>, facts: Facts) -> Vec<Outcome> {
        let mut outcomes: Vec<Outcome> = Vec::with_capacity(expressions.len());
        for round in 1.. {
            let (all, from) = (expressions.clone(), outcomes.len());
            let said = Arc::new(Mutex::new(Vec::new()));
            let saying = Arc::clone(&said);
            let judged = self.run(expressions.clone(), facts.clone(), move |world, expressions| {
                for assertion in &expressions[from..] {
                    let outcome = judge::judge(world, assertion);
                    saying.lock().unwrap_or_else(PoisonError::into_inner).push(outcome);
                }
            });
            let failed = judged.await.err();
            outcomes.append(&mut said.lock().unwrap_or_else(PoisonError::into_inner));
            let Some(why) = failed else { break };
            let lost = if round < ROUNDS { 1 } else { all.len() };
            outcomes
                .extend(all.iter().skip(outcomes.len()).take(lost).map(|assertion| Outcome::failed(assertion, &why)));
        }
        outcomes.truncate(expressions.len());
        outcomes
    }

    /// Whether the first expression is true.
    ///
    /// # Errors
    ///
    /// If it is neither true nor false, in plain words.
    pub async fn condition(&mut self, expressions: Arc<[Assertion]>, facts: Facts) -> Result<bool, String> {
        self.run(expressions, facts, |world, expressions| judge::truth(world, first(expressions)?)).await?
    }

    /// The texts in the list that the first expression makes.
    ///
    /// # Errors
    ///
    /// If it makes none, in plain words.
    pub async fn list(&mut self, expressions: Arc<[Assertion]>, facts: Facts) -> Result<Vec<String>, String> {
        self.run(expressions, facts, |world, expressions| judge::choices(world, first(expressions)?)).await?
    }

    async fn run<T: Send + 'static>(
        &mut self,
        expressions: Arc<[Assertion]>,
        facts: Facts,
        work: impl FnOnce(&World, &[Assertion]) -> T + Send + 'static,
    ) -> Result<T, String> {
        let (sender, receiver) = oneshot::channel();
        let budget = Budget::default();
        let waiting = Waiting(budget.clone());
        self.send(Box::new(move || {
            let work = || work(&World::new(&expressions, facts, budget), &expressions);
            _ = sender.send(std::panic::catch_unwind(AssertUnwindSafe(work)));
        }))?;
        let answer = tokio::time::timeout(self.limit, receiver).await;
        drop(waiting);
        match answer {
            Ok(Ok(Ok(done))) => Ok(done),
            Ok(_) => Err("the evaluation broke off".to_owned()),
            Err(_) => {
                // The thread ends when it is done; the next expression gets another one.
                self.jobs = None;
                Err(format!("it takes longer than {} s", self.limit.as_secs_f32()))
            }
        }
    }

    fn send(&mut self, job: Job) -> Result<(), String> {
        let jobs = match self.jobs.take() {
            Some(jobs) => jobs,
            None => {
                let (sender, receiver) = mpsc::channel::<Job>();
                let thread = std::thread::Builder::new().name(THREAD.to_owned()).stack_size(STACK);
                let started = thread.spawn(move || receiver.into_iter().for_each(|job| job()));
                started.map_err(|error| format!("no thread for it: {error}"))?;
                sender
            }
        };
        jobs.send(job).map_err(|_| "its thread ended".to_owned())?;
        self.jobs = Some(jobs);
        Ok(())
    }
}

fn first(expressions: &[Assertion]) -> Result<&Assertion, String> {
    expressions.first().ok_or_else(|| "there is no expression".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::time::Instant;

    fn nothing() -> Facts {
        Facts {
            result: None,
            params: BTreeMap::new(),
            vars: BTreeMap::new(),
            now: jiff::Timestamp::UNIX_EPOCH,
            steps: BTreeMap::new(),
        }
    }

    async fn run<T: Send + 'static>(
        evaluator: &mut Evaluator,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, String> {
        evaluator.run(Arc::from([]), nothing(), |_, _| work()).await
    }

    #[test]
    fn a_stuck_thread_is_left_and_a_panic_is_an_answer() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let mut evaluator = Evaluator::with_limit(Duration::from_millis(100));
        let thread = || std::thread::current().id();
        runtime.block_on(async {
            let first = run(&mut evaluator, thread).await.unwrap();
            assert_eq!(run(&mut evaluator, thread).await, Ok(first));
            let broken =
                run(&mut evaluator, || -> u8 { std::panic::resume_unwind(Box::new("as if cel panicked")) }).await;
            assert_eq!(broken, Err("the evaluation broke off".to_owned()));
            assert_eq!(run(&mut evaluator, thread).await, Ok(first));
            let start = Instant::now();
            let stuck = run(&mut evaluator, || std::thread::sleep(Duration::from_secs(3))).await;
            assert_eq!(stuck, Err("it takes longer than 0.1 s".to_owned()));
            let second = run(&mut evaluator, thread).await.unwrap();
            assert!(first != second && start.elapsed() < Duration::from_secs(2));
        });
    }
}
