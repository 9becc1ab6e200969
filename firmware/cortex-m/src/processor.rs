use cortex_m::peripheral::CPUID;

/// A processor that images are built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Processor {
    /// The RP2040's.
    CortexM0Plus,
    /// The nRF52840's, and the emulated board's.
    CortexM4,
    /// The RP2350's.
    CortexM33,
}

impl Processor {
    /// The part number that is in the register.
    const fn part(self) -> u32 {
        match self {
            Self::CortexM0Plus => 0xC60,
            Self::CortexM4 => 0xC24,
            Self::CortexM33 => 0xD21,
        }
    }

    /// Whether this program runs on one. An image that finds another is on the wrong board.
    #[must_use]
    #[expect(unsafe_code, reason = "a register")]
    pub fn is_here(self) -> bool {
        // SAFETY: every Cortex-M has these registers, and reading them changes nothing.
        let registers = unsafe { &*CPUID::PTR };
        (registers.base.read() >> 4) & 0xFFF == self.part()
    }

    /// Goes on if this program runs on one, and else stops here for good, with nothing touched.
    ///
    /// For boards that have nowhere to say so this early. To be called first thing in `main`.
    pub fn require(self) {
        while !self.is_here() {
            cortex_m::asm::wfi();
        }
    }
}
