#![expect(clippy::print_stderr, reason = "what was counted is printed")]

use super::super::holder::state_and_start;
use super::*;
use std::process::{Child, Command, Stdio};
use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};

/// How many contend for one lock at once.
const RACES: u32 = 200;

/// This process as a holder.
fn me(run: &str) -> Holder {
    let read = |path| std::fs::read_to_string(path).unwrap().trim().to_owned();
    Holder {
        run: run.to_owned(),
        pid: std::process::id(),
        started: state_and_start("/proc/self/stat").unwrap().1,
        boot: read("/proc/sys/kernel/random/boot_id"),
        host: "here".to_owned(),
        pid_namespace: std::fs::read_link("/proc/self/ns/pid").unwrap().display().to_string(),
        operator: "a@b".to_owned(),
    }
}

/// A number that no process has.
fn dead_pid() -> u32 {
    let mut child = Command::new("true").spawn().unwrap();
    child.wait().unwrap();
    child.id()
}

/// A lock that a child of `holder` still has, by the descriptor that it inherited.
struct Leaked {
    child: Child,
    path: PathBuf,
    _place: tempfile::TempDir,
}

impl Leaked {
    fn of(holder: &Holder) -> Self {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("a.lock");
        std::fs::write(&path, serde_json::to_string(holder).unwrap()).unwrap();
        let file = durable::append(&path).unwrap();
        file.try_lock().unwrap();
        // Standard input is one open file with this one, and the lock is the open file's.
        let child = Command::new("sleep").arg("60").stdin(Stdio::from(file.try_clone().unwrap())).spawn().unwrap();
        drop(file);
        assert!(durable::read(&path).unwrap().try_lock_shared().is_err(), "the child holds it");
        Self { child, path, _place: place }
    }
}

impl Drop for Leaked {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Who is refused a lock that a leaked descriptor of `holder` holds, or why it was taken over.
fn taken_over_from(holder: &Holder) -> Result<String, LockError> {
    let leaked = Leaked::of(holder);
    assert_eq!(Lock::is_held(&leaked.path, &me("two")), holder.proof_of_death(&me("two")).is_none());
    let taken = Lock::try_take(&leaked.path, &me("two"))?;
    let over = taken.over.unwrap();
    assert_eq!(over.holder, *holder);
    let third = Lock::try_take(&leaked.path, &me("three"));
    assert!(matches!(third, Err(LockError::Held(Some(holder))) if holder.run == "two"), "it is held anew");
    Ok(over.proof)
}

#[test]
fn a_lock_that_a_leaked_descriptor_of_a_dead_process_holds_is_taken_over() {
    let proof = taken_over_from(&Holder { pid: dead_pid(), ..me("one") }).unwrap();
    assert!(proof.starts_with("no process"), "{proof}");
}

#[test]
fn a_pid_that_another_process_has_by_now_proves_death() {
    let one = me("one");
    let proof = taken_over_from(&Holder { started: one.started - 1, ..one }).unwrap();
    assert!(proof.contains("another one"), "{proof}");
}

#[test]
fn a_process_that_waits_for_its_parent_is_dead() {
    let mut child = Command::new("true").spawn().unwrap();
    let stat = format!("/proc/{}/stat", child.id());
    let started = state_and_start(&stat).unwrap().1;
    while state_and_start(&stat).unwrap().0 != 'Z' {
        std::thread::sleep(PAUSE);
    }
    let proof = taken_over_from(&Holder { pid: child.id(), started, ..me("one") }).unwrap();
    child.wait().unwrap();
    assert!(proof.contains("waits for its parent"), "{proof}");
}

#[test]
fn another_boot_of_the_same_machine_proves_death_whatever_the_pid_says() {
    let proof = taken_over_from(&Holder { boot: "before".to_owned(), ..me("one") }).unwrap();
    assert!(proof.contains("started anew"), "{proof}");
}

#[test]
fn without_proof_a_lock_stays_held() {
    let dead = Holder { pid: dead_pid(), ..me("one") };
    let elsewhere = |host: &str| Holder { host: host.to_owned(), ..dead.clone() };
    for holder in [
        elsewhere("there"),
        elsewhere(""),
        Holder { boot: "before".to_owned(), ..elsewhere("there") },
        Holder { boot: String::new(), ..dead.clone() },
        Holder { pid_namespace: "pid:[1]".to_owned(), ..dead.clone() },
        Holder { pid_namespace: String::new(), ..dead.clone() },
        me("one"),
    ] {
        let refused = taken_over_from(&holder);
        assert!(matches!(&refused, Err(LockError::Held(Some(named))) if **named == holder), "{holder:?}: {refused:?}");
    }
    let leaked = Leaked::of(&dead);
    std::fs::write(&leaked.path, "{\"run\":").unwrap();
    assert!(matches!(Lock::try_take(&leaked.path, &me("two")), Err(LockError::Held(None))), "an unreadable holder");
}

#[test]
fn a_lock_that_was_given_back_leaves_no_name_and_one_whose_holder_died_does() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("a.lock");
    let taken = Lock::try_take(&path, &me("one")).unwrap();
    assert!(taken.over.is_none() && !std::fs::read(&path).unwrap().is_empty());
    // A child that still has the descriptor keeps nobody out.
    let copy = taken.lock.file.try_clone().unwrap();
    drop(taken);
    assert!(std::fs::read(&path).unwrap().is_empty());
    let again = Lock::try_take(&path, &me("two")).unwrap();
    assert!(again.over.is_none());
    drop((again, copy));
    let dead = Holder { pid: dead_pid(), ..me("three") };
    std::fs::write(&path, serde_json::to_string(&dead).unwrap()).unwrap();
    let over = Lock::try_take(&path, &me("four")).unwrap().over.unwrap();
    assert_eq!(over.holder, dead);
    assert!(matches!(over.event(), Event::LockTakenOver { run, pid, .. } if run == "three" && pid == dead.pid));
}

/// What came of a race.
#[derive(Default)]
struct Race {
    now: AtomicU32,
    /// How many had the lock at once, at most.
    most: AtomicU32,
    /// How many had it.
    had: AtomicU32,
    /// How many were told of a dead holder.
    over: AtomicU32,
}

impl Race {
    /// Lets 200 contend for the lock of `path`. Who gets it holds it for a moment, or until all others were refused.
    fn of(path: &Path, to_the_end: bool) -> [u32; 3] {
        let (race, gate) = (Self::default(), Barrier::new(RACES as usize));
        std::thread::scope(|scope| {
            for n in 0..RACES {
                let (race, gate) = (&race, &gate);
                scope.spawn(move || {
                    gate.wait();
                    let taken = race.try_take(path, n);
                    if to_the_end {
                        gate.wait();
                    }
                    race.now.fetch_sub(u32::from(taken.is_some()), Ordering::SeqCst);
                });
            }
        });
        [race.had, race.most, race.over].map(AtomicU32::into_inner)
    }

    fn try_take(&self, path: &Path, n: u32) -> Option<Taken> {
        match Lock::try_take(path, &me(&format!("r{n}"))) {
            Ok(taken) => {
                self.most.fetch_max(self.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                self.had.fetch_add(1, Ordering::SeqCst);
                self.over.fetch_add(u32::from(taken.over.is_some()), Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(u64::from(n % 3)));
                Some(taken)
            }
            Err(LockError::Held(_)) => None,
            Err(LockError::Io(error)) => panic!("wedged: {error}"),
        }
    }
}

#[test]
fn of_two_hundred_who_contend_for_a_lock_one_has_it_at_a_time_and_none_is_wedged() {
    let place = tempfile::tempdir().unwrap();
    for (to_the_end, dead) in [(false, false), (false, true), (true, false), (true, true)] {
        let leaked = dead.then(|| Leaked::of(&Holder { pid: dead_pid(), ..me("one") }));
        let path = leaked.as_ref().map_or(place.path().join("a.lock"), |leaked| leaked.path.clone());
        let [had, most, over] = Race::of(&path, to_the_end);
        let what = format!("dead but leaked {dead}, held to the end {to_the_end}");
        eprintln!("{what}: {RACES} contended, {had} had it, at once {most}, taken over {over}");
        assert_eq!((most, over), (1, u32::from(dead)), "{what}");
        assert!(if to_the_end { had == 1 } else { had >= 1 }, "{what}: {had}");
        assert!(Lock::try_take(&path, &me("last")).is_ok(), "{what}: wedged");
    }
}
