//! The beginning of a stream, for captures and expressions.

/// What an assertion may see of one stream, in bytes.
pub const ASSERTABLE: usize = 8 << 20;

/// The first bytes of a stream as they were printed.
#[derive(Debug, Default)]
pub struct Head {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whether they are all.
    pub whole: bool,
    keep: usize,
}

impl Head {
    /// Keeps at most `keep` bytes.
    pub fn new(keep: usize) -> Self {
        Self { bytes: Vec::new(), whole: true, keep }
    }

    /// Takes the next bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        let room = self.keep - self.bytes.len();
        self.whole &= bytes.len() <= room;
        self.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}
