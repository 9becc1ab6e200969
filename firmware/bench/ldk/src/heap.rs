//! A heap that counts what it is asked for.
#![expect(unsafe_code, reason = "an allocator is declared so")]

use core::alloc::{GlobalAlloc, Layout};
use core::sync::atomic::{AtomicU32, Ordering};

use countersign_bench_board::Heap;
use embedded_alloc::TlsfHeap;

/// Bytes of it: several times what LDK needs.
const BYTES: usize = 512 * 1_024;

static HEAP: TlsfHeap = TlsfHeap::empty();

/// That heap, which counts.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Since it was last forgotten: the requests, and the bytes that were in use at most.
static REQUESTS: AtomicU32 = AtomicU32::new(0);
static MOST: AtomicU32 = AtomicU32::new(0);
/// The bytes in use now, and when all was forgotten.
static NOW: AtomicU32 = AtomicU32::new(0);
static THEN: AtomicU32 = AtomicU32::new(0);

// SAFETY: every call goes to the heap unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.load(Ordering::Relaxed).saturating_add(bytes(layout));
        NOW.store(now, Ordering::Relaxed);
        MOST.fetch_max(now, Ordering::Relaxed);
        REQUESTS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps `alloc`'s contract, which is the same.
        unsafe { HEAP.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        NOW.fetch_sub(bytes(layout), Ordering::Relaxed);
        // SAFETY: `memory` came from `alloc` above, with this layout.
        unsafe { HEAP.dealloc(memory, layout) };
    }
}

fn bytes(layout: Layout) -> u32 {
    u32::try_from(layout.size()).unwrap_or(u32::MAX)
}

/// Gives the heap its memory.
pub(crate) fn open() {
    // SAFETY: this is called once, first thing in `main`.
    unsafe {
        embedded_alloc::init!(HEAP, BYTES);
    }
}

/// Forgets what was asked for so far.
pub(crate) fn forget() {
    let now = NOW.load(Ordering::Relaxed);
    THEN.store(now, Ordering::Relaxed);
    MOST.store(now, Ordering::Relaxed);
    REQUESTS.store(0, Ordering::Relaxed);
}

/// What was asked for since.
pub(crate) fn asked() -> Heap {
    let most = MOST.load(Ordering::Relaxed).saturating_sub(THEN.load(Ordering::Relaxed));
    Heap { requests: REQUESTS.load(Ordering::Relaxed), bytes: most }
}
