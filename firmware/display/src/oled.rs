use countersign_firmware::{Indication, Screen, Turn};
use countersign_signer::Line;
use embedded_graphics::Drawable as _;
use embedded_graphics::geometry::Point;
use embedded_graphics::mono_font::MonoTextStyle;
use embedded_graphics::mono_font::iso_8859_1::FONT_6X9;
use embedded_graphics::pixelcolor::BinaryColor;
use embedded_graphics::text::{Baseline, Text};

use crate::code;
use crate::panel::{Panel, Strip, show};
use crate::sheet::Sheet;

/// Rows of a prompt on a page. Below them is what the buttons do.
pub const ROWS: usize = 6;

/// Points from a row to the next, and from a letter to the next.
const ROW: i32 = 9;
const LETTER: i32 = 6;

/// Where the row is that says what the buttons do.
const HINT: i32 = 54;

/// A screen for prompts, in the place of a board's light and beside it.
///
/// A prompt is shown in pages. Yes turns to the next one; on the last it is a yes. No is a no on
/// every page.
#[derive(Debug)]
pub struct Oled<P, L> {
    panel: P,
    light: L,
    sheet: Sheet,
    page: usize,
}

impl<P: Panel, L: Screen> Oled<P, L> {
    /// A screen on `panel`, with `light` for what goes on.
    pub const fn new(panel: P, light: L) -> Self {
        Self { panel, light, sheet: Sheet::new(), page: 0 }
    }

    /// What it is drawn on.
    pub const fn panel(&self) -> &P {
        &self.panel
    }

    /// Draws the page and shows it.
    #[inline(never)]
    fn show_page(&mut self) {
        let first = self.page.saturating_mul(ROWS);
        let hint = if self.is_last() { LAST } else { MORE };
        let Self { panel, sheet, .. } = self;
        show(panel, &|strip| {
            sheet.set(&mut |row, column, word| {
                let Some(row) = row.checked_sub(first).filter(|&row| row < ROWS) else { return };
                let points = |of: usize, each| i32::try_from(of).unwrap_or(0).saturating_mul(each);
                let mut left = points(column, LETTER);
                for &letter in word {
                    let mut buffer = [0; 4];
                    let letter = char::from(letter).encode_utf8(&mut buffer);
                    write(letter, left, points(row, ROW), strip);
                    left = left.saturating_add(LETTER);
                }
            });
            write(hint, 0, HINT, strip);
        });
    }

    /// Whether all of the prompt has been shown with this page.
    fn is_last(&self) -> bool {
        let (first, count) = (self.page.saturating_mul(ROWS), self.sheet.count());
        (1..=ROWS).contains(&count.saturating_sub(first)) && self.sheet.has(first, count)
    }
}

/// Writes `text` into a row, where the strip has something of it: letters take time.
fn write(text: &str, left: i32, top: i32, strip: &mut Strip) {
    if !strip.has(top, ROW) {
        return;
    }
    let style = MonoTextStyle::new(&FONT_6X9, BinaryColor::On);
    let place = Point::new(left, top);
    // A strip takes every point.
    let _drawn = Text::with_baseline(text, place, style, Baseline::Top).draw(strip);
}

impl<P: Panel, L: Screen> Screen for Oled<P, L> {
    const PROMPTS: countersign_signer::Screen = countersign_signer::Screen::OnBoard;

    fn clear(&mut self) {
        self.page = 0;
        self.sheet.restart(0);
        show(&mut self.panel, &|_| {});
    }

    fn line(&mut self, line: &Line<'_>) {
        self.sheet.line(line);
    }

    fn turn(&mut self) -> Turn {
        if self.is_last() {
            return Turn::Over;
        }
        let page = self.page.saturating_add(1);
        let first = page.saturating_mul(ROWS);
        let next = page.saturating_add(1).saturating_mul(ROWS);
        if first < self.sheet.count() && self.sheet.has(first, next) {
            self.page = page;
            self.show_page();
            return Turn::Turned;
        }
        // A prompt that could not be given again has no rows. It never gets to its last page.
        if self.sheet.count() > 0 {
            self.page = page;
            self.sheet.restart(first);
        }
        Turn::Again
    }

    fn show_code(&mut self, text: &str) {
        code::show_code(text, &mut self.panel);
    }

    fn indicate(&mut self, indication: Indication) {
        match indication {
            Indication::Idle | Indication::Working => {}
            Indication::Asking => self.show_page(),
            Indication::Failed => {
                show(&mut self.panel, &|strip| write(FAILED, 0, 0, strip));
            }
        }
        self.light.indicate(indication);
    }
}

const LAST: &str = "       [no]     [yes]";
const MORE: &str = "       [no]    [more]";
const FAILED: &str = "Out of order";
