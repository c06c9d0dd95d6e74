//! Whatever befalls a run, it survives, and nothing is guessed: the built binary under injected faults.
//!
//! `STEPGATE_FAULTS=all` tries everything instead of a sample, `STEPGATE_FAULTS_SEED` chooses another sample, and
//! `STEPGATE_FAULTS_ONLY=calls,cut,disk,races,signals` tries some parts only.

#[path = "../cli/harness.rs"]
#[allow(dead_code, reason = "this binary needs a part of it")]
mod harness;

mod always;
mod calls;
mod case;
mod check;
mod cut;
mod disk;
mod ended;
mod fold;
mod loss;
mod process;
mod pty;
mod races;
mod reader;
mod setting;
mod shapes;
mod signals;
mod tally;
mod trace;

use setting::Setting;
use tally::Tally;

#[test]
fn whatever_befalls_a_run_it_survives_and_nothing_is_guessed() {
    // What a sync does to a disk is injected here, so that no real one need be waited for.
    let memory = std::path::Path::new("/dev/shm");
    if tempfile::tempdir_in(memory).is_ok() {
        tempfile::env::override_temp_dir(memory).unwrap();
    }
    let setting = Setting::from_environment();
    let tally = Tally::default();
    for (name, part) in [
        ("calls", calls::part as fn(&Setting, &Tally)),
        ("cut", cut::part),
        ("disk", disk::part),
        ("races", races::part),
        ("signals", signals::part),
    ] {
        if setting.wants(name) {
            part(&setting, &tally);
        }
    }
    let table = tally.table(&setting);
    // Not through the test harness's own capture: the table is what this test is run for.
    _ = std::io::Write::write_all(&mut std::io::stderr(), table.as_bytes());
    assert!(tally.is_clean(), "{table}");
}
