//! The same work on many things, on all cores.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Does `work` on each of `all`; the results stand in their order.
pub fn each<T: Sync, R: Send>(all: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let some = || {
        let mut done = Vec::new();
        while let Some((at, one)) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, all.get(at)?))) {
            done.push((at, work(one)));
        }
        done
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from).min(all.len());
    let mut results: Vec<_> = std::thread::scope(|scope| {
        let others: Vec<_> =
            (1..cores).map_while(|_| std::thread::Builder::new().spawn_scoped(scope, some).ok()).collect();
        let mut all = some();
        // A thread that broke off has left some out, and what was not looked at must not seem to be good.
        all.extend(others.into_iter().flat_map(|other| other.join().expect("the work does not panic")));
        all
    });
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}
