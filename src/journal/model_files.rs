//! The model of a disk as the record sees it: its folders and open files.

use super::disk::{Disk, DiskFile};
use super::lock::Lock;
use super::model_disk::{Act, ModelDisk, Names, Node};
use super::store::StoreError;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// An open file of the model.
#[derive(Debug)]
struct ModelFile {
    disk: ModelDisk,
    node: usize,
    at: usize,
    appends: bool,
}

impl ModelDisk {
    fn open(&self, path: &Path, appends: bool) -> io::Result<Box<dyn DiskFile>> {
        let node = self.state().must_find(path)?;
        Ok(Box::new(ModelFile { disk: self.clone(), node, at: 0, appends }))
    }
}

impl Disk for ModelDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.state().act()?;
        let file = Node::File { held: Vec::new(), durable: Vec::new(), acts: Vec::new() };
        self.state().add(path, file)?;
        self.open(path, true)
    }

    fn append(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        match self.create(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => self.open(path, true),
            made => made,
        }
    }

    fn read(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.open(path, false)
    }

    fn overwrite(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.open(path, false)
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.state().act()?;
        self.state().add(path, Node::Folder { held: Names::new(), durable: Names::new() }).map(drop)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.act()?;
        let at = state.must_find(path)?;
        if let Node::Folder { held, durable } = &mut state.nodes[at] {
            durable.clone_from(held);
        }
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.act()?;
        let (names, name) = state.above(path)?;
        names.remove(&name).map(drop).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn names(&self, path: &Path) -> io::Result<Vec<String>> {
        let state = self.state();
        match &state.nodes[state.must_find(path)?] {
            Node::Folder { held, .. } => Ok(held.keys().cloned().collect()),
            Node::File { .. } => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    fn is_folder(&self, path: &Path) -> bool {
        self.names(path).is_ok()
    }

    fn inspect(&self, _: &Path, _: bool) -> Result<(), StoreError> {
        Ok(())
    }

    fn guard(&self, _: &Path) -> io::Result<Option<Lock>> {
        Ok(None)
    }
}

impl Read for ModelFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let state = self.disk.state();
        let Node::File { held, .. } = &state.nodes[self.node] else { return Ok(0) };
        let rest = &held[self.at.min(held.len())..];
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        self.at += length;
        Ok(length)
    }
}

impl Write for ModelFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.disk.state();
        let at = if self.appends { state.length(self.node) } else { self.at };
        state.write(self.node, at, bytes)?;
        self.at = at + bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for ModelFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let SeekFrom::Start(at) = to else { return Err(io::ErrorKind::Unsupported.into()) };
        self.at = at as usize;
        Ok(at)
    }
}

impl DiskFile for ModelFile {
    fn sync_data(&mut self) -> io::Result<()> {
        self.disk.state().sync(self.node)
    }

    fn set_len(&mut self, length: u64) -> io::Result<()> {
        let mut state = self.disk.state();
        state.act()?;
        state.apply(self.node, Act::Cut(length as usize));
        Ok(())
    }

    fn names_and_bytes(&self) -> io::Result<(u64, u64)> {
        Ok((1, self.disk.state().length(self.node) as u64))
    }
}
