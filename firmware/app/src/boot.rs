use countersign_crypto::{Curve, CurveMemory, Secret};
use countersign_link::{Code, SeedAtRest};
use countersign_policy::Uptime;
use countersign_signer::{About, Desk, Device, Scratch};

use crate::entropy::Entropy;
use crate::shell::{Line, Shell, refuse};
use crate::storage::Storage;
use crate::worker::Peripherals;
use crate::{
    Board, COMMIT, Clock as _, Event, Parts, Reset as _, Screen, VERSION, Watchdog as _, self_test,
};

/// The application's large buffers, for a static of the board's: about 14 KB.
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
pub async fn run<B: Board>(parts: &mut Parts<B>, memory: &mut Memory) -> ! {
    parts.watchdog.start();
    let about = about(parts);
    B::log(Event::Started(about.reset));
    let code = serve(parts, memory, &about).await;
    B::log(Event::Refusing(code));
    parts.screen.indicate(crate::Indication::Failed);
    let Parts { serial, clock, watchdog, .. } = parts;
    refuse(code, &about, &mut memory.line, serial, clock, watchdog).await
}

/// Serves hosts until the board is out of order; returns why it is.
///
/// What lies in a future stays in it for good, and twice where it is moved: parts and what was
/// prepared are borrowed from where they are.
async fn serve<B: Board>(parts: &mut Parts<B>, memory: &mut Memory, about: &About) -> Code {
    let Memory { curve, desk, scratch, line } = memory;
    let Parts { serial, random, flash, secret, buttons, screen, clock, watchdog, .. } = parts;
    let mut prepared = None::<Prepared<'_, B>>;
    // The keys that it gives are all that is left of the secret.
    let (curve, prepared) =
        match prepare(&mut prepared, random, flash, secret.take().as_ref(), curve) {
            Ok(both) => both,
            Err(code) => return code,
        };
    B::log(Event::SelfTested);
    let Prepared { entropy, storage } = prepared;
    let about = About { seed: storage.seed_at_rest(), ..*about };
    let mut device = Device::unread(about, curve, desk, Uptime(clock.now().as_secs()));
    storage.with(|stored| device.read(stored));
    let peripherals = Peripherals::<B> { random, entropy, storage, buttons, screen, clock };
    Shell::new(&mut device, scratch, peripherals, line, serial).run(watchdog).await
}

/// What the board is, with a seed that lies as it is.
fn about<B: Board>(parts: &Parts<B>) -> About {
    About {
        board: B::NAME,
        firmware: VERSION,
        commit: COMMIT,
        reset: parts.reset.reason(),
        screen: B::Screen::PROMPTS,
        seed: SeedAtRest::Plain,
    }
}

struct Prepared<'p, B: Board> {
    entropy: Entropy,
    storage: Storage<&'p mut B::Flash>,
}

/// Everything that is tested before the device exists. What there is of it then is put into `slot`.
#[inline(never)]
fn prepare<'s, 'p, 'm, B: Board>(
    slot: &'s mut Option<Prepared<'p, B>>,
    random: &mut B::Random,
    flash: &'p mut B::Flash,
    secret: Option<&Secret<32>>,
    memory: &'m mut CurveMemory,
) -> Result<(Curve<'m>, &'s mut Prepared<'p, B>), Code> {
    let mut entropy = Entropy::start(random)?;
    let blinding = Secret::new(entropy.draw(random)?);
    let curve = Curve::new(memory, &blinding).ok_or(Code::SELF_TEST)?;
    if !self_test::passes(&curve) {
        return Err(Code::SELF_TEST);
    }
    let storage = Storage::new(flash, B::NAME, secret).or(Err(Code::SELF_TEST))?;
    Ok((curve, slot.insert(Prepared { entropy, storage })))
}
