//! What is tried: everything or a sample, and by which seed.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The seed of the sample that is tried unless another one is asked for.
const SEED: u64 = 20_261_125;

/// How many cases go on at once in a sample, and if everything is tried. Most of a case is waiting: for a disk, for a shell.
const THREADS: [usize; 2] = [2, 4];

pub struct Setting {
    pub all: bool,
    pub seed: u64,
    only: Option<String>,
}

impl Setting {
    pub fn from_environment() -> Self {
        let seed = std::env::var("STEPGATE_FAULTS_SEED").ok().and_then(|text| text.parse().ok());
        Self {
            all: std::env::var("STEPGATE_FAULTS").is_ok_and(|word| word == "all"),
            seed: seed.unwrap_or(SEED),
            only: std::env::var("STEPGATE_FAULTS_ONLY").ok(),
        }
    }

    pub fn wants(&self, part: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.split(',').any(|word| word == part))
    }

    /// The chance of one case: the same whenever seed, part and number are.
    pub fn chance(&self, part: &str, number: usize) -> Chance {
        let mut chance = Chance(self.seed);
        for byte in part.bytes() {
            chance.0 = chance.next() ^ u64::from(byte);
        }
        chance.0 = chance.next() ^ number as u64;
        chance
    }

    /// All of `things`, or `count` of them, spread by the seed.
    pub fn sample<T>(&self, part: &str, mut things: Vec<T>, count: usize) -> Vec<T> {
        let mut chance = self.chance(part, usize::MAX);
        while !self.all && things.len() > count {
            let at = chance.below(things.len());
            things.swap_remove(at);
        }
        things
    }

    /// Does `work` for each of `cases`, some at once.
    pub fn at_once<T: Sync>(&self, cases: &[T], work: impl Fn(usize, &T) + Sync) {
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..THREADS[usize::from(self.all)] {
                scope.spawn(|| {
                    while let Some((number, case)) = {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        cases.get(number).map(|case| (number, case))
                    } {
                        work(number, case);
                    }
                });
            }
        });
    }
}

/// Chance by a seed (splitmix64).
pub struct Chance(u64);

impl Chance {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`, which is more than 0.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }
}
