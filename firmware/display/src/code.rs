use embedded_graphics::Pixel;
use embedded_graphics::draw_target::DrawTarget as _;
use embedded_graphics::geometry::Point;
use embedded_graphics::pixelcolor::BinaryColor;
use qrcodegen_no_heap::{QrCode, QrCodeEcc, Version};

use crate::panel::{HEIGHT, Panel, WIDTH, show};

/// The largest version that fits: 61 points of 64, with an edge of one or two.
const LARGEST: Version = Version::new(11);

/// Letters of the longest text of a code of that version.
const LONGEST: usize = 468;

/// Shows the QR code of `text` in capitals, dark on light, as large as it fits in the middle; if it
/// does: a text is at most [`LONGEST`] letters.
#[inline(never)]
pub(crate) fn show_code(text: &str, panel: &mut impl Panel) {
    let mut capitals = [0; LONGEST];
    let Some(capitals) = capitals.get_mut(..text.len()) else { return };
    capitals.iter_mut().zip(text.bytes()).for_each(|(place, byte)| *place = byte);
    capitals.make_ascii_uppercase();
    let Ok(capitals) = str::from_utf8(capitals) else { return };

    let (mut work, mut out) = ([0; LARGEST.buffer_len()], [0; LARGEST.buffer_len()]);
    let (level, smallest) = (QrCodeEcc::Low, Version::MIN);
    let code =
        QrCode::encode_text(capitals, &mut work, &mut out, level, smallest, LARGEST, None, false);
    let Ok(code) = code else { return };

    let scale = i32::from(HEIGHT).checked_div(code.size().saturating_add(2)).unwrap_or(1);
    let side = code.size().saturating_mul(scale);
    let (left, top) = (middle(WIDTH, side), middle(HEIGHT, side));
    show(panel, &|strip| {
        let points = strip.rows().flat_map(|y| (0..WIDTH).map(move |x| (x, y)));
        let pixels = points.map(|(x, y)| {
            let module = |at: u8, from: i32| i32::from(at).saturating_sub(from).div_euclid(scale);
            let is_dark = code.get_module(module(x, left), module(y, top));
            Pixel(Point::new(x.into(), y.into()), BinaryColor::from(!is_dark))
        });
        // A strip takes every point.
        let _drawn = strip.draw_iter(pixels);
    });
}

fn middle(whole: u8, part: i32) -> i32 {
    i32::from(whole).saturating_sub(part).div_euclid(2)
}
