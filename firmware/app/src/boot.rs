use countersign_crypto::{Curve, CurveMemory, Secret};
use countersign_link::{Code, SeedAtRest};
use countersign_policy::Uptime;
use countersign_signer::{About, Desk, Device, Scratch};

use crate::entropy::Entropy;
use crate::shell::{Line, Shell, refuse};
use crate::storage::Storage;
use crate::worker::{Peripherals, Worker};
use crate::{
    Board, COMMIT, Clock as _, Event, Parts, Reset as _, Screen, VERSION, Watchdog as _, self_test,
};

/// The application's large buffers, for a static of the board's: about 15 KB.
#[derive(Debug)]
pub struct Memory {
    curve: CurveMemory,
    desk: Desk,
    scratch: Scratch,
    line: Line,
}

impl Memory {
    /// Memory that is not in use.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "made for statics")]
    pub const fn new() -> Self {
        Self {
            curve: CurveMemory::new(),
            desk: Desk::new(),
            scratch: Scratch::new(),
            line: Line::new(),
        }
    }
}

/// Tests the board, boots the device from what flash holds, and serves hosts for ever.
///
/// A board that fails its tests, or whose random source fails later, touches no key: it answers
/// every request with the reason.
pub async fn run<B: Board>(parts: Parts<B>, memory: &mut Memory) -> ! {
    let Parts {
        mut serial,
        mut random,
        flash,
        secret,
        buttons,
        mut screen,
        clock,
        mut watchdog,
        reset,
    } = parts;
    watchdog.start();
    B::log(Event::Started(reset.reason()));
    let about = About {
        board: B::NAME,
        firmware: VERSION,
        commit: COMMIT,
        reset: reset.reason(),
        screen: B::Screen::PROMPTS,
        seed: SeedAtRest::Plain,
    };
    let Memory { curve, desk, scratch, line } = memory;
    let prepared = prepare::<B>(&mut random, flash, secret.as_ref(), curve);
    // The keys that it gave are all that is left of it.
    drop(secret);
    let code = match prepared {
        Ok(Prepared { entropy, mut storage, curve }) => {
            B::log(Event::SelfTested);
            let about = About { seed: storage.seed_at_rest(), ..about };
            let uptime = Uptime(clock.now().as_secs());
            let mut device = Device::unread(about, curve, desk, uptime);
            storage.with(|stored| device.read(stored));
            let peripherals = Peripherals::<B> {
                random: &mut random,
                storage,
                buttons,
                screen: &mut screen,
                clock: &clock,
            };
            let worker = Worker::new(&mut device, scratch, entropy, peripherals);
            Shell::new(worker, line, &mut serial).run(&mut watchdog).await
        }
        Err(code) => code,
    };
    B::log(Event::Refusing(code));
    screen.indicate(crate::Indication::Failed);
    refuse(code, &about, line, &mut serial, &clock, &mut watchdog).await
}

struct Prepared<'m, B: Board> {
    entropy: Entropy,
    storage: Storage<B::Flash>,
    curve: Curve<'m>,
}

/// Everything that is tested before the device exists.
#[inline(never)]
fn prepare<'m, B: Board>(
    random: &mut B::Random,
    flash: B::Flash,
    secret: Option<&Secret<32>>,
    memory: &'m mut CurveMemory,
) -> Result<Prepared<'m, B>, Code> {
    let mut entropy = Entropy::start(random)?;
    let blinding = Secret::new(entropy.draw(random)?);
    let curve = Curve::new(memory, &blinding).ok_or(Code::SELF_TEST)?;
    if !self_test::passes(&curve) {
        return Err(Code::SELF_TEST);
    }
    let storage = Storage::new(flash, B::NAME, secret).or(Err(Code::SELF_TEST))?;
    Ok(Prepared { entropy, storage, curve })
}
