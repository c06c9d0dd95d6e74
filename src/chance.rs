//! Chance, as a seed decides it.

/// A stream of numbers that a seed decides.
#[derive(Clone, Debug)]
pub struct Chance(pub u64);

impl Chance {
    /// A number less than `limit`, which is not 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    /// True once in `times`.
    #[cfg(test)]
    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }
}
