use embedded_graphics::Pixel;
use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::Point;
use embedded_graphics::pixelcolor::BinaryColor;
use qrcodegen_no_heap::{QrCode, QrCodeEcc, Version};

/// The largest version that fits: 61 points of 64, with an edge of one or two.
const LARGEST: Version = Version::new(11);

/// Letters of the longest text of a code of that version.
const LONGEST: usize = 468;

const HEIGHT: i32 = 64;
const WIDTH: i32 = 128;

/// Draws the QR code of `text` in capitals, dark on light, as large as it fits in the middle. Whether
/// it does: a text is at most [`LONGEST`] letters.
#[inline(never)]
pub(crate) fn draw(text: &str, panel: &mut impl DrawTarget<Color = BinaryColor>) -> bool {
    let mut capitals = [0; LONGEST];
    let Some(capitals) = capitals.get_mut(..text.len()) else { return false };
    capitals.iter_mut().zip(text.bytes()).for_each(|(place, byte)| *place = byte);
    capitals.make_ascii_uppercase();
    let Ok(capitals) = str::from_utf8(capitals) else { return false };

    let (mut work, mut out) = ([0; LARGEST.buffer_len()], [0; LARGEST.buffer_len()]);
    let (level, smallest) = (QrCodeEcc::Low, Version::MIN);
    let code =
        QrCode::encode_text(capitals, &mut work, &mut out, level, smallest, LARGEST, None, false);
    let Ok(code) = code else { return false };

    let scale = HEIGHT.checked_div(code.size().saturating_add(2)).unwrap_or(1);
    let side = code.size().saturating_mul(scale);
    let (left, top) = (middle(WIDTH, side), middle(HEIGHT, side));
    let points = (0..WIDTH).flat_map(|x| (0..HEIGHT).map(move |y| (x, y)));
    let pixels = points.map(|(x, y)| {
        let module = |at: i32, from: i32| at.saturating_sub(from).div_euclid(scale);
        let is_dark = code.get_module(module(x, left), module(y, top));
        Pixel(Point::new(x, y), BinaryColor::from(!is_dark))
    });
    // A picture in memory takes every point.
    let _drawn = panel.draw_iter(pixels);
    true
}

const fn middle(whole: i32, part: i32) -> i32 {
    whole.saturating_sub(part).div_euclid(2)
}
