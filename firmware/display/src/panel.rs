use core::convert::Infallible;

use embedded_graphics::Pixel;
use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{OriginDimensions, Point, Size};
use embedded_graphics::pixelcolor::BinaryColor;
use embedded_hal::i2c::I2c;
use ssd1306::I2CDisplayInterface;
use ssd1306::command::AddrMode;
use ssd1306::mode::BasicMode;
use ssd1306::prelude::{DisplayRotation, DisplaySize128x64, I2CInterface};

/// Points from left to right.
pub const WIDTH: u8 = 128;

/// Points from top to bottom.
pub const HEIGHT: u8 = 64;

/// Bytes of a strip: one for each column.
pub const STRIP_LEN: usize = 128;

/// Points from the top of a [`Strip`] to its bottom.
const STRIP: usize = 8;

/// A screen of 128 by 64 points, each on or off. A picture is shown in eight strips, from the top, so
/// that nobody has to remember a whole one.
pub trait Panel {
    /// Begins with another picture.
    fn begin(&mut self);

    /// Shows the next strip of it: a byte for each column, the highest point in its lowest bit.
    fn strip(&mut self, columns: &[u8; STRIP_LEN]);
}

/// A strip of a picture, onto which all of the picture is drawn: what is of other strips is left out.
pub(crate) struct Strip {
    top: u8,
    columns: [u8; STRIP_LEN],
}

impl Strip {
    /// Its rows, counted from the picture's top.
    pub(crate) fn rows(&self) -> impl Iterator<Item = u8> + Clone + use<> {
        (self.top..HEIGHT).take(STRIP)
    }

    /// Whether something is in it that begins at `top` and has `height` rows.
    pub(crate) fn has(&self, top: i32, height: i32) -> bool {
        self.rows().any(|row| i32::from(row) >= top && i32::from(row).saturating_sub(top) < height)
    }
}

/// Shows what `draw` draws; it is called for each strip, and draws the same every time.
#[inline(never)]
pub(crate) fn show(panel: &mut impl Panel, draw: &dyn Fn(&mut Strip)) {
    panel.begin();
    for top in (0..HEIGHT).step_by(STRIP) {
        let mut strip = Strip { top, columns: [0; STRIP_LEN] };
        draw(&mut strip);
        panel.strip(&strip.columns);
    }
}

impl DrawTarget for Strip {
    type Color = BinaryColor;
    type Error = Infallible;

    fn draw_iter<P>(&mut self, pixels: P) -> Result<(), Self::Error>
    where
        P: IntoIterator<Item = Pixel<BinaryColor>>,
    {
        for Pixel(Point { x, y }, color) in pixels {
            let row = y.checked_sub(self.top.into()).and_then(|row| u32::try_from(row).ok());
            let bit = row.and_then(|row| 1_u8.checked_shl(row));
            let column = usize::try_from(x).ok().and_then(|x| self.columns.get_mut(x));
            if let (Some(bit), Some(column)) = (bit, column) {
                *column = if color.is_on() { *column | bit } else { *column & !bit };
            }
        }
        Ok(())
    }
}

impl OriginDimensions for Strip {
    fn size(&self) -> Size {
        Size::new(WIDTH.into(), HEIGHT.into())
    }
}

/// An SSD1306 on an I²C bus, at the usual address.
pub struct Ssd1306<I> {
    driver: ssd1306::Ssd1306<I2CInterface<I>, DisplaySize128x64, BasicMode>,
    /// It was told how to work. One that was not there is told again.
    is_set_up: bool,
}

impl<I: I2c> Ssd1306<I> {
    /// The one on `bus`, which is not spoken to yet.
    pub fn new(bus: I) -> Self {
        let interface = I2CDisplayInterface::new(bus);
        let driver = ssd1306::Ssd1306::new(interface, DisplaySize128x64, DisplayRotation::Rotate0);
        Self { driver, is_set_up: false }
    }
}

impl<I: I2c> Panel for Ssd1306<I> {
    fn begin(&mut self) {
        let Self { driver, is_set_up } = self;
        *is_set_up = (*is_set_up || driver.init_with_addr_mode(AddrMode::Horizontal).is_ok())
            && driver.set_draw_area((0, 0), (WIDTH, HEIGHT)).is_ok();
    }

    fn strip(&mut self, columns: &[u8; STRIP_LEN]) {
        // One that is not there is not asked for every strip.
        self.is_set_up = self.is_set_up && self.driver.draw(columns).is_ok();
    }
}
