use core::fmt::{self, Write as _};

/// Text that a stranger wrote: it can be had only escaped.
///
/// [`Display`](fmt::Display) writes it on one line, with every character that could hide, reorder
/// or imitate text as `\u{…}`, the number of the character in hexadecimal. A backslash is escaped
/// too, so what is shown tells what was written.
///
/// Escaped are the general categories Cc, Cf, Zl, Zp, Co and the noncharacters of Unicode 16.0, and
/// what else its property `Default_Ignorable_Code_Point` names as invisible.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Untrusted<'a>(&'a str);

impl<'a> Untrusted<'a> {
    /// Takes the text of a message.
    #[must_use]
    pub const fn new(text: &'a str) -> Self {
        Self(text)
    }

    /// Whether there is no text.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The length of the text as it was written, in bytes of UTF-8.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the text is shown as it was written, nothing in it being escaped.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        !self.0.chars().any(is_escaped)
    }

    /// The text itself, for writing it into a message again and for nothing else.
    pub(crate) const fn as_written(self) -> &'a str {
        self.0
    }

    /// At most the first `characters` characters of the text as it is shown.
    #[must_use]
    pub const fn excerpt(self, characters: usize) -> Excerpt<'a> {
        Excerpt { text: self, characters }
    }
}

impl fmt::Display for Untrusted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| write_escaped(f, character))
    }
}

impl fmt::Debug for Untrusted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The beginning of an [`Untrusted`] text, for a place of limited size.
///
/// An escape is shown whole or not at all. Text that goes on ends with [`Excerpt::CUT`], which no
/// text can imitate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Excerpt<'a> {
    text: Untrusted<'a>,
    characters: usize,
}

impl Excerpt<'_> {
    /// Stands after text that was cut. A backslash in a text is escaped, so this one is ours.
    pub const CUT: &'static str = "\\...";

    /// The part that is shown, and whether it is less than the text.
    fn shown(&self) -> (&str, bool) {
        let Self { text: Untrusted(text), characters } = *self;
        let mut shown = 0_usize;
        for (at, character) in text.char_indices() {
            shown = shown.saturating_add(escaped_len(character));
            if shown > characters {
                // `at` is where a character begins.
                return (text.get(..at).unwrap_or(""), true);
            }
        }
        (text, false)
    }
}

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shown, is_cut) = self.shown();
        fmt::Display::fmt(&Untrusted(shown), f)?;
        if is_cut { f.write_str(Self::CUT) } else { Ok(()) }
    }
}

impl fmt::Debug for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn write_escaped(f: &mut fmt::Formatter<'_>, character: char) -> fmt::Result {
    if is_escaped(character) {
        character.escape_unicode().try_for_each(|part| f.write_char(part))
    } else {
        f.write_char(character)
    }
}

fn escaped_len(character: char) -> usize {
    if is_escaped(character) { character.escape_unicode().count() } else { 1 }
}

fn is_escaped(character: char) -> bool {
    // The last two numbers of every plane are noncharacters.
    character == '\\'
        || u32::from(character) & 0xfffe == 0xfffe
        || ESCAPED.iter().any(|range| range.contains(&character))
}

/// From `DerivedGeneralCategory.txt` and `DerivedCoreProperties.txt` of Unicode 16.0, neighbours
/// joined.
const ESCAPED: [core::ops::RangeInclusive<char>; 32] = [
    '\0'..='\x1f',               // Cc
    '\x7f'..='\u{9f}',           // Cc
    '\u{ad}'..='\u{ad}',         // Cf: soft hyphen
    '\u{34f}'..='\u{34f}',       // ignorable: combining grapheme joiner
    '\u{600}'..='\u{605}',       // Cf: signs that enclose Arabic numbers
    '\u{61c}'..='\u{61c}',       // Cf: Arabic letter mark (bidi)
    '\u{6dd}'..='\u{6dd}',       // Cf
    '\u{70f}'..='\u{70f}',       // Cf
    '\u{890}'..='\u{891}',       // Cf
    '\u{8e2}'..='\u{8e2}',       // Cf
    '\u{115f}'..='\u{1160}',     // ignorable: Hangul fillers
    '\u{17b4}'..='\u{17b5}',     // ignorable: Khmer inherent vowels
    '\u{180b}'..='\u{180f}',     // Cf and ignorable: Mongolian selectors and separator
    '\u{200b}'..='\u{200f}',     // Cf: zero-width and directional marks
    '\u{2028}'..='\u{202e}',     // Zl, Zp, Cf: separators, bidi embeddings and overrides
    '\u{2060}'..='\u{206f}',     // Cf: joiners, invisible operators, bidi isolates
    '\u{3164}'..='\u{3164}',     // ignorable: Hangul filler
    '\u{e000}'..='\u{f8ff}',     // Co
    '\u{fdd0}'..='\u{fdef}',     // noncharacters
    '\u{fe00}'..='\u{fe0f}',     // ignorable: variation selectors
    '\u{feff}'..='\u{feff}',     // Cf: byte order mark
    '\u{ffa0}'..='\u{ffa0}',     // ignorable: halfwidth Hangul filler
    '\u{fff0}'..='\u{fffb}',     // ignorable and Cf: annotations
    '\u{110bd}'..='\u{110bd}',   // Cf
    '\u{110cd}'..='\u{110cd}',   // Cf
    '\u{13430}'..='\u{1343f}',   // Cf: Egyptian hieroglyph joiners
    '\u{1bca0}'..='\u{1bca3}',   // Cf: shorthand format controls
    '\u{1d173}'..='\u{1d17a}',   // Cf: musical format controls
    '\u{e0000}'..='\u{e0fff}',   // Cf and ignorable: tags, variation selectors
    '\u{f0000}'..='\u{ffffd}',   // Co
    '\u{100000}'..='\u{10fffd}', // Co
    '\u{2800}'..='\u{2800}',     // So, and yet nothing is seen of it: the blank Braille pattern
];

#[cfg(test)]
mod tests {
    extern crate alloc;

    use alloc::format;
    use alloc::string::String;

    use super::{Excerpt, Untrusted};

    fn shown(text: &str) -> String {
        format!("{}", Untrusted::new(text))
    }

    #[test]
    fn ordinary_text_of_every_script_is_shown_as_written() {
        for text in ["", "Two coffees, 3.50 €", "Ελληνικά עברית العربية हिन्दी 日本語 🦀"]
        {
            assert_eq!(shown(text), text);
            assert!(Untrusted::new(text).is_plain());
        }
    }

    #[test]
    fn what_hides_reorders_or_breaks_a_line_is_escaped() {
        // A12, and LDK's #4593 and #4848
        for hidden in [
            '\0',
            '\n',
            '\r',
            '\t',
            '\x1b',
            '\x7f',
            '\u{85}',
            '\u{9b}',
            '\u{ad}',
            '\u{61c}',
            '\u{180e}',
            '\u{200b}',
            '\u{200d}',
            '\u{200f}',
            '\u{2028}',
            '\u{2029}',
            '\u{202e}',
            '\u{2066}',
            '\u{2069}',
            '\u{206f}',
            '\u{3164}',
            '\u{e000}',
            '\u{fdd0}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{fff9}',
            '\u{ffff}',
            '\u{1fffe}',
            '\u{e0041}',
            '\u{e0100}',
            '\u{10ffff}',
            '\\',
        ] {
            let text = format!("a{hidden}b");
            assert_eq!(shown(&text), format!("a\\u{{{:x}}}b", u32::from(hidden)));
            assert!(!Untrusted::new(&text).is_plain());
            assert_eq!(format!("{:?}", Untrusted::new(&text)), shown(&text));
        }
    }

    #[test]
    fn an_escape_cannot_be_imitated() {
        assert_eq!(shown("\\u{202e}"), "\\u{5c}u{202e}");
        assert_ne!(shown("\\u{202e}"), shown("\u{202e}"));
    }

    #[test]
    fn a_cut_falls_between_characters_and_says_so() {
        // LDK's #3747
        let cut = |text, characters| format!("{}", Untrusted::new(text).excerpt(characters));
        assert_eq!(cut("日本語", 3), "日本語");
        assert_eq!(cut("日本語", 2), format!("日本{}", Excerpt::CUT));
        assert_eq!(cut("日本語", 0), Excerpt::CUT);
        assert_eq!(cut("", 0), "");
        assert_eq!(cut("a\nb", 7), "a\\u{a}b");
        assert_eq!(cut("a\nb", 6), format!("a\\u{{a}}{}", Excerpt::CUT));
        assert_eq!(cut("a\nb", 5), format!("a{}", Excerpt::CUT), "an escape is not split");
        assert_eq!(cut("a\\...", 20), "a\\u{5c}...", "a text does not look cut");
    }
}
