//! What a step of a past run printed, as its record keeps it.

use crate::event::StreamRecord;
use crate::journal::{RunFolder, output_doubt};
use std::io::Read as _;

/// The first `limit` bytes of a stream; `None` if it was kept secret.
///
/// # Errors
///
/// If the file that holds it is not what was recorded.
pub fn printed(stream: &StreamRecord, folder: &RunFolder, limit: u64) -> Result<Option<Vec<u8>>, String> {
    let mut bytes = Vec::new();
    match (&stream.text, &stream.file) {
        (Some(text), _) => bytes.extend_from_slice(text.as_bytes()),
        (None, Some(file)) => {
            if let Some(doubt) = output_doubt(folder, stream) {
                return Err(doubt);
            }
            let read = folder.open(file).and_then(|file| file.take(limit).read_to_end(&mut bytes));
            read.map_err(|error| format!("{file} cannot be read: {error}"))?;
        }
        (None, None) => return Ok(None),
    }
    Ok(Some(bytes))
}
