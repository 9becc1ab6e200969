//! The light alone, or a screen beside it.

#[cfg(feature = "screen")]
pub(crate) use self::oled::{Screen, on};
#[cfg(not(feature = "screen"))]
pub(crate) use countersign_embassy::Light as Screen;

#[cfg(feature = "screen")]
mod oled {
    use countersign_display::{Oled, Ssd1306};
    use countersign_embassy::Light;
    use embassy_rp::Peri;
    use embassy_rp::i2c::{Blocking, Config, I2c};
    use embassy_rp::peripherals::{I2C0, PIN_4, PIN_5};
    use static_cell::StaticCell;

    type Panel = Oled<Ssd1306<I2c<'static, I2C0, Blocking>>, Light>;

    /// An SSD1306. Its kilobytes of picture and prompt lie in a static.
    pub(crate) type Screen = &'static mut Panel;

    /// What the SSD1306 takes at most, in hertz.
    const FREQUENCY: u32 = 400_000;

    /// The screen on those pins.
    pub(crate) fn on(
        bus: Peri<'static, I2C0>,
        scl: Peri<'static, PIN_5>,
        sda: Peri<'static, PIN_4>,
    ) -> Screen {
        static PANEL: StaticCell<Panel> = StaticCell::new();
        let mut settings = Config::default();
        settings.frequency = FREQUENCY;
        let bus = I2c::new_blocking(bus, scl, sda, settings);
        PANEL.init(Oled::new(Ssd1306::new(bus), Light))
    }
}
