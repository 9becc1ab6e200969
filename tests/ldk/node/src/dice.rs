//! Repeatable choices.

use alloc::string::String;
use alloc::vec::Vec;

/// A stream of choices that its seed decides (SplitMix64).
#[derive(Debug, Clone)]
pub struct Dice {
    state: u64,
}

impl Dice {
    /// The choices of `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is at least 1.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).expect("a length fits 64 bits");
        usize::try_from(self.bits() % bound).expect("below a length")
    }

    /// A number in `low..=high`.
    pub fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    /// True in `percent` of a hundred throws.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of `choices`, which are not empty.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// `length` bytes.
    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.bits().to_be_bytes()[0]).collect()
    }

    /// 32 bytes.
    pub fn array(&mut self) -> [u8; 32] {
        self.bytes(32).try_into().expect("32 bytes")
    }

    /// A text of at most `characters`, ASCII for the most part.
    pub fn text(&mut self, characters: usize) -> String {
        const RARE: [char; 6] = ['é', '₿', '中', '🙂', '\u{202e}', '\u{7}'];
        let length = self.below(characters + 1);
        (0..length)
            .map(|_| match self.below(20) {
                0 => self.pick(&RARE),
                _ => char::from(b' ' + u8::try_from(self.below(95)).expect("below 95")),
            })
            .collect()
    }
}
