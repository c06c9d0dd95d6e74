//! Processes that outlived their step.

use crate::event::ProcessRecord;
use crate::shell;

/// More of them are counted and not listed.
pub const MAX_LISTED: usize = 50;

/// A process in the record's words.
pub fn process_record(process: shell::Process) -> ProcessRecord {
    ProcessRecord { pid: process.pid, command: process.command }
}
