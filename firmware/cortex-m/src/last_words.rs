use core::cell::UnsafeCell;
use core::mem::MaybeUninit;

use countersign_firmware::Reset;
use countersign_link::ResetReason;

/// One word that a reset leaves as it is.
struct Kept(UnsafeCell<MaybeUninit<u32>>);

// SAFETY: boards have one core in use, the word is written at the start, and after that only on the
// way to a reset, with interrupts disabled.
#[expect(unsafe_code, reason = "memory that outlives the program")]
unsafe impl Sync for Kept {}

/// What the program was at when it ended.
#[expect(unsafe_code, reason = "memory that is not initialised needs a section of its own")]
#[unsafe(link_section = ".uninit.LAST_WORDS")]
static LAST_WORDS: Kept = Kept(UnsafeCell::new(MaybeUninit::uninit()));

/// The program was running.
const RUNNING: u32 = 0xC0DE_0001;

/// The program had failed.
const FAULT: u32 = 0xC0DE_0002;

/// What the program's last life left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastWords {
    /// Nothing: power was off.
    None,
    /// It was running: something outside ended it, such as the watchdog.
    Running,
    /// It had failed.
    Fault,
}

impl LastWords {
    /// Reads what the last life left behind, and begins a new one.
    ///
    /// To be called once, at the start.
    #[must_use]
    #[expect(unsafe_code, reason = "memory that was not initialised")]
    pub fn take() -> Self {
        let word = LAST_WORDS.0.get().cast::<u32>();
        // SAFETY: every bit pattern is a `u32`; nothing else runs yet that would write it.
        let last = unsafe { word.read_volatile() };
        leave(RUNNING);
        match last {
            RUNNING => Self::Running,
            FAULT => Self::Fault,
            _ => Self::None,
        }
    }
}

/// The reason of the reset, for boards without a register that tells a watchdog's.
impl Reset for LastWords {
    fn reason(&self) -> ResetReason {
        match self {
            Self::None => ResetReason::PowerOn,
            Self::Running => ResetReason::Watchdog,
            Self::Fault => ResetReason::Fault,
        }
    }
}

/// Starts the board again and remembers that the program failed: what a panic and a hard fault do.
pub(crate) fn fault() -> ! {
    cortex_m::interrupt::disable();
    leave(FAULT);
    cortex_m::peripheral::SCB::sys_reset()
}

#[expect(unsafe_code, reason = "memory that a reset leaves as it is")]
fn leave(words: u32) {
    let word = LAST_WORDS.0.get().cast::<u32>();
    // SAFETY: interrupts write it only on the way to a reset.
    unsafe { word.write_volatile(words) };
}
