use embedded_graphics::Pixel;
use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{OriginDimensions, Size};
use embedded_graphics::pixelcolor::BinaryColor;
use embedded_hal::i2c::I2c;
use ssd1306::I2CDisplayInterface;
use ssd1306::mode::{BufferedGraphicsMode, DisplayConfig as _};
use ssd1306::prelude::{DisplayRotation, DisplaySize128x64, I2CInterface};

/// A screen of 128 by 64 points, each on or off, that is drawn first and shown then.
pub trait Panel: DrawTarget<Color = BinaryColor> {
    /// Begins with nothing drawn.
    fn begin(&mut self);

    /// Shows what was drawn.
    fn show(&mut self);
}

/// An SSD1306 on an I²C bus, at the usual address.
pub struct Ssd1306<I> {
    driver: Driver<I>,
    /// It was told how to work. One that was not there is told again.
    is_set_up: bool,
}

type Driver<I> =
    ssd1306::Ssd1306<I2CInterface<I>, DisplaySize128x64, BufferedGraphicsMode<DisplaySize128x64>>;

impl<I: I2c> Ssd1306<I> {
    /// The one on `bus`, which is not spoken to yet.
    pub fn new(bus: I) -> Self {
        let interface = I2CDisplayInterface::new(bus);
        let driver = ssd1306::Ssd1306::new(interface, DisplaySize128x64, DisplayRotation::Rotate0);
        Self { driver: driver.into_buffered_graphics_mode(), is_set_up: false }
    }
}

impl<I: I2c> Panel for Ssd1306<I> {
    fn begin(&mut self) {
        if !self.is_set_up {
            self.is_set_up = self.driver.init().is_ok();
        }
        self.driver.clear_buffer();
    }

    fn show(&mut self) {
        self.is_set_up &= self.driver.flush().is_ok();
    }
}

impl<I: I2c> DrawTarget for Ssd1306<I> {
    type Color = BinaryColor;
    type Error = <Driver<I> as DrawTarget>::Error;

    fn draw_iter<P>(&mut self, pixels: P) -> Result<(), Self::Error>
    where
        P: IntoIterator<Item = Pixel<BinaryColor>>,
    {
        self.driver.draw_iter(pixels)
    }
}

impl<I: I2c> OriginDimensions for Ssd1306<I> {
    fn size(&self) -> Size {
        self.driver.size()
    }
}
