//! A disk for tests, in memory, that keeps apart what is on it and what only the system holds. When the power goes, what
//! was not synced is kept, dropped or torn, each as chance has it; the acts on one file keep their order, those on different
//! files and names do not. A sync that fails forgets what it should have written, and the next one says success.

use crate::chance::Chance;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

/// What goes wrong, and before which act from now, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// The process ends in that act.
    End(u64),
    /// The first sync of a file from there on fails, once.
    Sync(u64),
    /// The first write from there on finds the disk full, once.
    Full(u64),
}

/// The disk.
#[derive(Clone, Debug)]
pub struct ModelDisk(Arc<Mutex<State>>);

#[derive(Debug)]
pub(super) struct State {
    pub(super) nodes: Vec<Node>,
    fault: Fault,
    /// Whether the fault has come.
    happened: bool,
    ended: bool,
    chance: Chance,
}

#[derive(Debug)]
pub(super) enum Node {
    Folder { held: Names, durable: Names },
    File { held: Vec<u8>, durable: Vec<u8>, acts: Vec<Act> },
}

pub(super) type Names = BTreeMap<String, usize>;

#[derive(Clone, Debug)]
pub(super) enum Act {
    Write(usize, Vec<u8>),
    Cut(usize),
}

impl Act {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Act::Cut(length) => bytes.resize(*length, 0),
            Act::Write(at, new) => {
                // A hole is zeros.
                bytes.resize(bytes.len().max(at + new.len()), 0);
                bytes[*at..at + new.len()].copy_from_slice(new);
            }
        }
    }

    /// The same, torn: some of it, and perhaps the length of all.
    fn torn(&self, durable: usize, chance: &mut Chance) -> Option<Act> {
        let Act::Write(at, new) = self else { return None };
        let mut part = new[..chance.below(new.len() as u64 + 1) as usize].to_vec();
        if *at >= durable && chance.once_in(4) {
            part.resize(new.len(), 0);
        }
        Some(Act::Write(*at, part))
    }
}

impl ModelDisk {
    /// An empty disk.
    pub fn new(seed: u64) -> Self {
        let root = Node::Folder { held: Names::new(), durable: Names::new() };
        Self(Arc::new(Mutex::new(State {
            nodes: vec![root],
            fault: Fault::None,
            happened: false,
            ended: false,
            chance: Chance(seed),
        })))
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Starts a process, in which this goes wrong.
    pub fn start(&self, fault: Fault) {
        let mut state = self.state();
        (state.fault, state.happened, state.ended) = (fault, false, false);
    }

    /// Whether what was to go wrong has gone wrong.
    pub fn went_wrong(&self) -> bool {
        self.state().happened
    }

    /// The power goes.
    pub fn lose_power(&self) {
        let State { nodes, chance, .. } = &mut *self.state();
        for node in nodes {
            match node {
                Node::Folder { held, durable } => lose_names(held, durable, chance),
                Node::File { held, durable, acts } => {
                    lose_bytes(durable, std::mem::take(acts), chance);
                    held.clone_from(durable);
                }
            }
        }
    }

    /// What a file holds, as a reader sees it.
    pub fn bytes(&self, path: &Path) -> Option<Vec<u8>> {
        let state = self.state();
        match &state.nodes[state.find(path)?] {
            Node::File { held, .. } => Some(held.clone()),
            Node::Folder { .. } => None,
        }
    }
}

fn lose_names(held: &mut Names, durable: &mut Names, chance: &mut Chance) {
    let names: BTreeSet<_> = held.keys().chain(durable.keys()).cloned().collect();
    for name in names {
        if held.get(&name) != durable.get(&name) && chance.once_in(2) {
            match held.get(&name) {
                Some(node) => _ = durable.insert(name, *node),
                None => _ = durable.remove(&name),
            }
        }
    }
    held.clone_from(durable);
}

/// Every act up to some of them, and of that one perhaps a part.
fn lose_bytes(durable: &mut Vec<u8>, acts: Vec<Act>, chance: &mut Chance) {
    let kept = match chance.below(4) {
        0 => 0,
        1 => acts.len(),
        _ => chance.below(acts.len() as u64 + 1) as usize,
    };
    acts[..kept].iter().for_each(|act| act.apply(durable));
    let length = durable.len();
    if let Some(torn) = acts.get(kept).filter(|_| chance.once_in(2)).and_then(|act| act.torn(length, chance)) {
        torn.apply(durable);
    }
}

impl State {
    pub(super) fn find(&self, path: &Path) -> Option<usize> {
        path.iter().filter(|name| *name != ".").try_fold(0, |at, name| match &self.nodes[at] {
            Node::Folder { held, .. } => held.get(name.to_str()?).copied(),
            Node::File { .. } => None,
        })
    }

    pub(super) fn must_find(&self, path: &Path) -> io::Result<usize> {
        self.find(path).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// The names in the folder above, and the last name.
    pub(super) fn above(&mut self, path: &Path) -> io::Result<(&mut Names, String)> {
        let name = path.file_name().and_then(|name| name.to_str()).ok_or(io::ErrorKind::InvalidInput)?.to_owned();
        let at = self.must_find(path.parent().unwrap_or(Path::new("")))?;
        match &mut self.nodes[at] {
            Node::Folder { held, .. } => Ok((held, name)),
            Node::File { .. } => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    pub(super) fn add(&mut self, path: &Path, node: Node) -> io::Result<usize> {
        let at = self.nodes.len();
        let (names, name) = self.above(path)?;
        if names.contains_key(&name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        names.insert(name, at);
        self.nodes.push(node);
        Ok(at)
    }

    /// Counts an act. The process may end in it.
    pub(super) fn act(&mut self) -> io::Result<()> {
        match &mut self.fault {
            _ if self.ended => return Err(io::Error::other("the process has ended")),
            Fault::End(0) => {
                (self.ended, self.happened) = (true, true);
                return Err(io::Error::other("the process ends here"));
            }
            Fault::End(left) => *left -= 1,
            Fault::Sync(left) | Fault::Full(left) => *left = left.saturating_sub(1),
            Fault::None => {}
        }
        Ok(())
    }

    /// Whether the fault, which comes once, comes now.
    fn comes(&mut self, fault: Fault) -> bool {
        let comes = self.fault == fault;
        if comes {
            (self.fault, self.happened) = (Fault::None, true);
        }
        comes
    }

    pub(super) fn write(&mut self, node: usize, at: usize, bytes: &[u8]) -> io::Result<()> {
        let over = self.ended;
        let counted = self.act();
        let full = counted.is_ok() && self.comes(Fault::Full(0));
        let stopped = counted.is_err() || full;
        let length = if stopped { self.chance.below(bytes.len() as u64 + 1) as usize } else { bytes.len() };
        if !over {
            self.apply(node, Act::Write(at, bytes[..length].to_vec()));
        }
        counted?;
        if full { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    pub(super) fn apply(&mut self, node: usize, act: Act) {
        if let Node::File { held, acts, .. } = &mut self.nodes[node] {
            act.apply(held);
            acts.push(act);
        }
    }

    pub(super) fn sync(&mut self, node: usize) -> io::Result<()> {
        self.act()?;
        let fails = self.comes(Fault::Sync(0));
        if let Node::File { durable, acts, .. } = &mut self.nodes[node] {
            let acts = std::mem::take(acts);
            if fails {
                return Err(io::Error::other("the sync failed"));
            }
            acts.iter().for_each(|act| act.apply(durable));
        }
        Ok(())
    }

    pub(super) fn length(&self, node: usize) -> usize {
        match &self.nodes[node] {
            Node::File { held, .. } => held.len(),
            Node::Folder { .. } => 0,
        }
    }
}
