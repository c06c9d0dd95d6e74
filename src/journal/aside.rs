//! Bytes that a crash had cut off, kept aside before they are taken out of a record.

use super::disk::Disk;
use std::io;
use std::path::Path;

/// The file that keeps them, below a folder.
pub struct Aside<'d> {
    pub disk: &'d dyn Disk,
    pub folder: &'d Path,
    pub name: &'d str,
}

impl Aside<'_> {
    /// Keeps bytes, and waits until they are on the disk. A crash before they are taken out keeps them twice: that they
    /// are the same says nothing, for what is cut off a second time often begins like the first.
    pub fn keep(&self, torn: &[u8]) -> io::Result<()> {
        if torn.is_empty() {
            return Ok(());
        }
        let mut file = self.disk.append(&self.folder.join(self.name))?;
        file.write_all(torn)?;
        file.sync_data()?;
        self.disk.sync_folder(self.folder)
    }

    /// How many bytes were ever kept.
    pub fn length(&self) -> io::Result<u64> {
        match self.disk.read(&self.folder.join(self.name)) {
            Ok(file) => file.names_and_bytes().map(|(_, bytes)| bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error),
        }
    }
}
