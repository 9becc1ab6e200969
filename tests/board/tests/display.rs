//! The screen that boards may have: what is drawn on it is read back, point by point.

use core::convert::Infallible;
use std::cell::RefCell;
use std::rc::Rc;

use countersign_board_tests::{Chip, Host};
use countersign_display::{COLUMNS, Oled, Panel, ROWS, Ssd1306};
use countersign_firmware::{Indication, Screen, Turn};
use countersign_link::{Network, Provision, Request, Secret, Source};
use countersign_signer::Line;
use countersign_tests::onion::with_curve;
use embedded_graphics::Pixel;
use embedded_graphics::mono_font::MonoTextStyle;
use embedded_graphics::mono_font::iso_8859_1::FONT_6X9;
use embedded_graphics::pixelcolor::BinaryColor;
use embedded_graphics::prelude::{DrawTarget, Drawable as _, OriginDimensions, Point, Size};
use embedded_graphics::text::{Baseline, Text};
use embedded_hal::i2c::{ErrorKind, ErrorType, I2c, Operation};

const WIDTH: usize = 128;
const HEIGHT: usize = 64;

/// A screen in memory: what is shown, and how many rows of the picture that comes next.
struct Picture {
    shown: [[bool; WIDTH]; HEIGHT],
    rows: usize,
}

impl Picture {
    fn blank() -> Self {
        Self { shown: [[false; WIDTH]; HEIGHT], rows: 0 }
    }
}

impl OriginDimensions for Picture {
    fn size(&self) -> Size {
        Size::new(WIDTH as u32, HEIGHT as u32)
    }
}

impl DrawTarget for Picture {
    type Color = BinaryColor;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<BinaryColor>>>(
        &mut self,
        pixels: I,
    ) -> Result<(), Infallible> {
        for Pixel(Point { x, y }, color) in pixels {
            self.shown[y as usize][x as usize] = color.is_on();
        }
        Ok(())
    }
}

impl Panel for Picture {
    fn begin(&mut self) {
        self.rows = 0;
    }

    fn strip(&mut self, columns: &[u8; WIDTH]) {
        for bit in 0..8 {
            self.shown[self.rows] = columns.map(|column| column >> bit & 1 == 1);
            self.rows += 1;
        }
    }
}

/// A board's light that nobody looks at.
struct Dark;

impl Screen for Dark {
    const PROMPTS: countersign_signer::Screen = countersign_signer::Screen::None;

    fn clear(&mut self) {}

    fn line(&mut self, _: &Line<'_>) {}

    fn indicate(&mut self, _: Indication) {}
}

fn oled() -> Oled<Picture, Dark> {
    Oled::new(Picture::blank(), Dark)
}

/// The points of one letter.
type Glyph = [[bool; 6]; 9];

fn glyph(points: &[[bool; WIDTH]; HEIGHT], row: usize, column: usize) -> Glyph {
    std::array::from_fn(|y| std::array::from_fn(|x| points[9 * row + y][6 * column + x]))
}

/// Every letter with its points.
fn alphabet() -> Vec<(char, Glyph)> {
    let letters = (' '..='~').chain('\u{a1}'..='\u{ff}').filter(|&letter| letter != '\u{ad}');
    letters
        .map(|letter| {
            let mut picture = Picture::blank();
            let style = MonoTextStyle::new(&FONT_6X9, BinaryColor::On);
            let text = letter.to_string();
            Text::with_baseline(&text, Point::zero(), style, Baseline::Top)
                .draw(&mut picture)
                .unwrap();
            (letter, glyph(&picture.shown, 0, 0))
        })
        .collect()
}

/// The rows of what is shown, and the row below them.
fn rows(oled: &Oled<Picture, Dark>, alphabet: &[(char, Glyph)]) -> (Vec<String>, String) {
    let read = |row| {
        let letters = (0..COLUMNS).map(|column| {
            let seen = glyph(&oled.panel().shown, row, column);
            alphabet.iter().find(|(_, glyph)| *glyph == seen).expect("a letter").0
        });
        letters.collect::<String>().trim_end().to_owned()
    };
    ((0..ROWS).map(read).collect(), read(ROWS))
}

/// A prompt's lines: labels and texts.
type Prompt = Vec<(&'static str, String)>;

fn give(oled: &mut Oled<Picture, Dark>, prompt: &Prompt) {
    for (label, text) in prompt {
        oled.line(&Line { label, text: format_args!("{text}"), source: Source::Device });
    }
    oled.indicate(Indication::Asking);
}

/// All the rows of a prompt, read page by page.
fn read(prompt: &Prompt) -> Vec<String> {
    let (mut oled, alphabet) = (oled(), alphabet());
    oled.clear();
    give(&mut oled, prompt);
    let mut read = Vec::new();
    loop {
        let (page, hint) = rows(&oled, &alphabet);
        read.extend(page);
        let turn = oled.turn();
        assert_eq!(hint.contains("yes"), turn == Turn::Over, "{hint}");
        match turn {
            Turn::Over => return read,
            Turn::Turned => {}
            Turn::Again => give(&mut oled, prompt),
        }
    }
}

/// Prompts as the core words them, and one that is longer than the screen remembers.
fn prompts() -> Vec<Prompt> {
    let mut host = Host::boot(&Chip::blank(4)).unwrap();
    let entropy = Secret::new(&[0x5a; 32]);
    let network = Network::Regtest;
    host.say(&Request::Provision(Provision::Generate { entropy, network })).unwrap();
    let mut prompts = host.hardware.prompts.take();
    let mut host = Host::boot(&Chip::of_a_shop(4)).unwrap();
    with_curve(|curve| {
        let message = host.open_for(curve).unwrap();
        // Whatever costs more than this is for the merchant to say.
        host.set(&[(12, 1)]).unwrap();
        host.hand_over(&message).unwrap();
    });
    host.set(&[(33, 7), (34, 86_400), (91, 1)]).unwrap();
    prompts.extend(host.hardware.prompts.take());
    let nodes =
        (0..16).map(|number| format!("Payments may enter at: {number:02x}{}", "ab".repeat(32)));
    prompts.push(nodes.collect());
    let split = |line: String| {
        let (label, text) = line.leak().split_once(": ").unwrap();
        (label, text.to_owned())
    };
    let prompts = prompts.into_iter().filter(|lines| !lines.is_empty());
    prompts.map(|lines| lines.into_iter().map(split).collect()).collect()
}

#[test]
fn every_word_of_a_prompt_is_on_some_page_and_whole() {
    let prompts = prompts();
    assert!(prompts.len() > 6, "{prompts:?}");
    for prompt in prompts {
        let rows = read(&prompt);
        let said: Vec<_> = prompt.iter().map(|(label, text)| format!("{label}: {text}")).collect();
        let without_spaces = |lines: &[String]| lines.concat().replace(' ', "");
        assert_eq!(without_spaces(&rows), without_spaces(&said));
        for word in said.iter().flat_map(|line| line.split_whitespace()) {
            let is_whole = rows.iter().any(|row| row.split(' ').any(|read| read == word));
            assert!(is_whole || word.len() > COLUMNS, "{word} is broken: {rows:#?}");
        }
    }
}

#[test]
fn letters_that_the_screen_has_no_picture_of_are_told_by_their_numbers() {
    let prompt = vec![("For", "caf\u{e9} \u{65e5}\u{a0}".to_owned())];
    assert_eq!(read(&prompt)[..2], ["For: caf\u{e9}", "\\u{65e5}\\u{a0}"]);
}

/// Whether a prompt can be read to its end and is not asked for again.
fn is_kept(prompt: &Prompt) -> bool {
    let mut oled = oled();
    oled.clear();
    give(&mut oled, prompt);
    loop {
        match oled.turn() {
            Turn::Over => return true,
            Turn::Turned => {}
            Turn::Again => return false,
        }
    }
}

#[test]
fn a_prompt_is_kept_up_to_640_bytes_and_longer_ones_are_read_out_again() {
    // A byte for a line, one for each letter, and three for one that there is no picture of.
    let prompt = |first: &str, second: &str, more: usize| -> Prompt {
        vec![
            ("For", first.repeat(300 / first.len())),
            ("For", second.to_owned() + &"a".repeat(more)),
        ]
    };
    let strange = ["\u{65e5}".repeat(100), "\u{65e5}".repeat(109)];
    for (first, second, more) in [("a ", "\u{e9} ", 326), (&strange[0], &strange[1], 1)] {
        let (kept, past) = (prompt(first, second, more), prompt(first, second, more + 1));
        assert!(is_kept(&kept) && !is_kept(&past));
        for prompt in [kept, past] {
            let said: String =
                prompt.iter().map(|(label, text)| format!("{label}:{text}")).collect();
            let said = said.replace('\u{65e5}', "\\u{65e5}");
            assert_eq!(read(&prompt).concat().replace(' ', ""), said.replace(' ', ""));
        }
    }
}

#[test]
fn a_line_that_is_longer_than_what_is_kept_is_never_agreed_to() {
    let prompt = vec![("For", "a ".repeat(318))];
    let mut oled = oled();
    oled.clear();
    for _ in 0..100 {
        give(&mut oled, &prompt);
        while oled.turn() == Turn::Turned {}
        assert_eq!(oled.turn(), Turn::Again);
    }
}

/// The longest amount that a prompt can have.
const SATS: &str = "2099999999999999.999 sat";

/// A stranger's text that was cut, of 128 letters, of which `strange` are ones without a picture.
fn cut(strange: usize) -> String {
    "\u{1f980}".repeat(strange) + &"\u{e9}".repeat(128 - strange) + "\\..."
}

/// The longest prompt of an invoice, with so many letters without a picture in its texts.
fn invoice(description: usize, note: usize) -> Prompt {
    vec![
        ("Sign an invoice", SATS.to_owned()),
        ("The offer asks for", SATS.to_owned()),
        ("Items", u64::MAX.to_string()),
        ("Offer", "f".repeat(64)),
        ("For one item", "1844674407370955.1615 CLF".to_owned()),
        ("Description", cut(description)),
        ("The payer writes", cut(note)),
    ]
}

#[test]
fn the_longest_prompts_whose_requests_may_be_let_go_are_kept() {
    assert!(is_kept(&invoice(0, 0)));
    let refund = [
        ("Take the money", SATS.to_owned()),
        ("For", cut(0)),
        ("The payer calls itself", cut(0)),
        ("The payer writes", cut(0)),
    ];
    assert!(is_kept(&refund.into()));
    let payout = [
        ("Pay", SATS.to_owned()),
        ("For", cut(128)),
        ("To the node", "f".repeat(66)),
        ("Payment hash", "f".repeat(64)),
    ];
    assert!(is_kept(&payout.into()));
}

#[test]
fn the_longest_prompt_of_an_invoice_has_room_for_58_letters_without_a_picture() {
    for (description, note) in [(58, 0), (0, 58), (29, 29)] {
        assert!(is_kept(&invoice(description, note)));
        assert!(!is_kept(&invoice(description, note + 1)));
    }
}

#[test]
fn a_prompt_that_cannot_be_given_again_is_never_agreed_to() {
    let long = prompts().pop().unwrap();
    let mut oled = oled();
    oled.clear();
    give(&mut oled, &long);
    while oled.turn() == Turn::Turned {}
    for _ in 0..100 {
        oled.indicate(Indication::Asking);
        assert_eq!(oled.turn(), Turn::Again);
    }
}

/// What a telephone reads that looks at the screen from a little distance.
fn scan(picture: &Picture) -> Option<String> {
    const SCALE: usize = 4;
    const EDGE: usize = 40;
    let (width, height) = (SCALE * WIDTH + 2 * EDGE, SCALE * HEIGHT + 2 * EDGE);
    let light = |x: usize, y: usize| {
        let (x, y) = (x.checked_sub(EDGE)? / SCALE, y.checked_sub(EDGE)? / SCALE);
        picture.shown.get(y)?.get(x).copied()
    };
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        if light(x, y).unwrap_or(true) { 0xff } else { 0 }
    });
    Some(image.detect_grids().first()?.decode().ok()?.1)
}

#[test]
fn the_code_of_an_offer_is_read_as_the_offer() {
    for length in [20, 100, 300, 467, 468] {
        let text: String =
            "lno1".chars().chain("qpzry9x8gf2tvdw0".chars().cycle()).take(length).collect();
        let mut oled = oled();
        oled.show_code(&text);
        assert_eq!(scan(oled.panel()), Some(text.to_uppercase()), "{length}");
    }
}

#[test]
fn a_code_that_there_is_no_room_for_leaves_the_screen_as_it_was() {
    let mut oled = oled();
    oled.indicate(Indication::Failed);
    let before = oled.panel().shown;
    oled.show_code(&"q".repeat(469));
    assert_eq!(oled.panel().shown, before);
    assert!(before.iter().flatten().any(|&point| point));
}

/// A bus with a screen on it, or not.
#[derive(Clone, Default)]
struct Bus(Rc<RefCell<(bool, Vec<Vec<u8>>)>>);

impl ErrorType for Bus {
    type Error = ErrorKind;
}

impl I2c for Bus {
    fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), ErrorKind> {
        let (is_there, written) = &mut *self.0.borrow_mut();
        assert_eq!(address, 0x3c);
        for operation in operations {
            let Operation::Write(bytes) = operation else { panic!("nothing is read") };
            written.push(bytes.to_vec());
        }
        if *is_there { Ok(()) } else { Err(ErrorKind::Other) }
    }
}

#[test]
fn a_screen_that_is_plugged_in_later_is_set_up_then() {
    let bus = Bus::default();
    let mut oled = Oled::new(Ssd1306::new(bus.clone()), Dark);
    let show = |oled: &mut Oled<Ssd1306<Bus>, Dark>| {
        oled.clear();
        let (label, source) = ("Forget everything", Source::Device);
        oled.line(&Line { label, text: format_args!("the words bring it back"), source });
        oled.indicate(Indication::Asking);
        core::mem::take(&mut bus.0.borrow_mut().1)
    };
    let data = |written: &[Vec<u8>]| {
        // A byte that says that data follows, and not only zeros.
        written
            .iter()
            .filter(|bytes| bytes[0] == 0x40 && bytes[1..].iter().any(|&b| b != 0))
            .count()
    };
    assert_eq!(data(&show(&mut oled)), 0, "nobody is there");
    bus.0.borrow_mut().0 = true;
    let written = show(&mut oled);
    // Display off is the first command of setting it up.
    assert_eq!(written[0][..2], [0, 0xae]);
    assert!(data(&written) > 0);
    assert!(!show(&mut oled).iter().any(|bytes| bytes[..] == [0, 0xae]), "once is enough");
}
