use countersign_crypto::{TAG_LEN, open, seal};
use countersign_link::{Assembler, Chunk, Code, Placed, Reply, WINDOW};
use countersign_tlv::{Full, TlvStream, Writer};

use crate::capacity::EXPORT_LEN;
use crate::device::{Condition, Device};
use crate::input::Failure;
use crate::keys::Purpose;
use crate::log::Subject;
use crate::merchant::Merchant;
use crate::sheet::Sheet;
use crate::task::{Matter, Task};
use crate::{Counters, Moment, Output, Settings};

/// What the words cannot restore, sealed under the seed: `nonce ‖ ciphertext ‖ tag`.
const NONCE_LEN: usize = 12;

/// What a seal is bound to, so that nothing else under the same key is taken for an export.
const PURPOSE: &[u8] = b"countersign export 1";

const SETTINGS: u64 = 2;
const COUNTERS: u64 = 4;

impl Device<'_> {
    #[inline(never)]
    pub(crate) fn export<'o>(&mut self, moment: &Moment, id: u32) -> Result<Output<'o>, Failure> {
        let merchant = self.merchant_mut()?;
        merchant.observe(moment.uptime);
        let draw = merchant.draw(&moment.entropy);
        self.desk.wipe();
        let Condition::Ready(merchant) = &self.condition else {
            return Err(Code::UNPROVISIONED.into());
        };
        let key = merchant.seed.derive(Purpose::Export);
        let (nonce, _) = draw.expose_secret().split_first_chunk().ok_or(Code::INTERNAL)?;
        let (_, free) = self.desk.peel.free_mut();
        let (space, rest) = free.split_first_chunk_mut::<NONCE_LEN>().ok_or(Code::INTERNAL)?;
        *space = *nonce;
        let len = write(merchant, rest).or(Err(Code::INTERNAL))?;
        let (plain, rest) = rest.split_at_mut_checked(len).ok_or(Code::INTERNAL)?;
        let tag = seal(&key, nonce, PURPOSE, plain);
        *rest.first_chunk_mut::<TAG_LEN>().ok_or(Code::INTERNAL)? = tag;
        let len = len.saturating_add(NONCE_LEN).saturating_add(TAG_LEN);
        self.task = Task::Exported { id, range: 0..len };
        self.note(moment, Subject::BackedUp, Code(0));
        let length = u32::try_from(len).unwrap_or(u32::MAX);
        Ok(Output::Reply { id, reply: Reply::Exported { length } })
    }

    #[inline(never)]
    pub(crate) fn import<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        total: u32,
        chunk: &Chunk<'_>,
    ) -> Result<Output<'o>, Failure> {
        self.merchant()?;
        if !matches!(self.task, Task::Importing { .. }) {
            if usize::try_from(total).map_or(true, |total| total > EXPORT_LEN) {
                return Err(Code::TOO_LONG.into());
            }
            self.desk.wipe();
            self.task = Task::Importing { id, chunks: Assembler::new(total) };
        }
        let Task::Importing { chunks, .. } = &mut self.task else {
            return Err(Code::INTERNAL.into());
        };
        if chunk.data.is_empty() {
            chunks.finish().or(Err(Code::CHUNK_ORDER))?;
            return self.imported(moment, id, total);
        }
        place(chunks, chunk, self.desk.peel.free_mut().1)?;
        Ok(Output::Reply { id, reply: Reply::Credits { window: WINDOW } })
    }

    fn imported<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        total: u32,
    ) -> Result<Output<'o>, Failure> {
        let foreign = Code::NOT_OURS;
        self.task = Task::Idle;
        let merchant = self.merchant_mut()?;
        merchant.observe(moment.uptime);
        let key = merchant.seed.derive(Purpose::Export);
        let total = usize::try_from(total).or(Err(foreign))?;
        let sealed = self.desk.peel.free_mut().1.get_mut(..total).ok_or(foreign)?;
        let (nonce, rest) = sealed.split_first_chunk_mut::<NONCE_LEN>().ok_or(foreign)?;
        let (bytes, tag) = rest.split_last_chunk_mut::<TAG_LEN>().ok_or(foreign)?;
        open(&key, nonce, PURPOSE, bytes, tag).or(Err(foreign))?;
        let stream = TlvStream::parse(bytes).or(Err(foreign))?;
        let item = |number| stream.find(number).map(|item| item.value).ok_or(foreign);
        let counters = Counters::parse(item(COUNTERS)?).or(Err(foreign))?;
        let mut wanted = Settings::parse(item(SETTINGS)?).or(Err(foreign))?;
        let Condition::Ready(merchant) = &self.condition else { return Err(foreign.into()) };
        catch_up(&mut wanted, &merchant.settings).ok_or(Code::FULL)?;
        self.desk.sheet = Sheet::Wanted(wanted);
        let counters = merchant.counters.ahead_of(counters);
        self.ask(id, Matter::Restore(counters))
    }
}

/// Puts `chunk` where it belongs among those of one upload.
pub(crate) fn place(
    chunks: &mut Assembler,
    chunk: &Chunk<'_>,
    upload: &mut [u8],
) -> Result<(), Failure> {
    if chunks.place(chunk).or(Err(Code::CHUNK_ORDER))? == Placed::New {
        let start = usize::try_from(chunk.offset).or(Err(Code::CHUNK_ORDER))?;
        let space = upload.get_mut(start..).ok_or(Code::TOO_LONG)?;
        for (byte, &value) in space.iter_mut().zip(chunk.data) {
            *byte = value;
        }
    }
    Ok(())
}

fn write(merchant: &Merchant, space: &mut [u8]) -> Result<usize, Full> {
    let mut item = [0; crate::capacity::ITEM_LEN];
    let mut inner = Writer::new(&mut item);
    merchant.settings.write(&mut inner)?;
    let mut writer = Writer::new(space);
    writer.record(SETTINGS, inner.written())?;
    let mut inner = Writer::new(&mut item);
    merchant.counters.write(&mut inner)?;
    writer.record(COUNTERS, inner.written())?;
    Ok(writer.len())
}

/// Makes `imported` revoke whatever `current` has revoked.
fn catch_up(imported: &mut Settings, current: &Settings) -> Option<()> {
    if imported.epoch < current.epoch {
        imported.epoch = current.epoch;
        imported.revoked = current.revoked.clone();
    } else if imported.epoch == current.epoch {
        for offer in &current.revoked {
            if !imported.is_revoked(*offer) {
                imported.revoked.push(*offer).ok()?;
            }
        }
    }
    Some(())
}
