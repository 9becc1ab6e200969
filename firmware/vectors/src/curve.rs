//! What libsecp256k1 is given in an image (`countersign_curve`).

use countersign_curve::scalar;

use crate::answer::Answer;
use crate::question::Question;

/// A product and a square of field elements, which the RP2040's image computes by functions of ours.
#[cfg(all(target_arch = "arm", target_abi = "eabi"))]
pub(crate) fn field(question: &Question, answer: &mut Answer) -> Option<()> {
    use countersign_curve::field;

    let [first, second] = [words(question, 0)?, words(question, 1)?];
    write(answer, &field::product(&first, &second))?;
    write(answer, &field::square(&first))
}

/// The product of two scalars, and what the order of the curve leaves of 512 bits.
pub(crate) fn scalar(question: &Question, answer: &mut Answer) -> Option<()> {
    let (mut product, mut remainder) = ([0; 16], [0; 8]);
    let [first, second] = [words(question, 0)?, words(question, 1)?];
    scalar::countersign_scalar_product(&mut product, &first, &second);
    write(answer, &product)?;
    scalar::countersign_scalar_remainder(&mut remainder, &words(question, 2)?);
    write(answer, &remainder)
}

/// A part of `N` words, the lowest first.
fn words<const N: usize>(question: &Question, part: usize) -> Option<[u32; N]> {
    let (bytes, rest) = question.part(part)?.as_chunks();
    let mut words = [0; N];
    if bytes.len() != N || !rest.is_empty() {
        return None;
    }
    words.iter_mut().zip(bytes).for_each(|(word, &bytes)| *word = u32::from_le_bytes(bytes));
    Some(words)
}

fn write(answer: &mut Answer, words: &[u32]) -> Option<()> {
    words.iter().try_for_each(|word| answer.bytes(&word.to_le_bytes()))?;
    answer.end()
}
