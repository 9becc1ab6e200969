use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Read};

use super::refusal::Refusal;

/// The lines of an input that may be endless, one at a time and none longer than [`MAX_LEN`].
pub(super) struct Lines<R> {
    input: BufReader<R>,
    line: Vec<u8>,
}

/// Bytes of a line. A message is at most 64 KiB, which are 105 thousand characters; the rest is for
/// white space where a string is continued.
const MAX_LEN: usize = 1 << 20;

impl<R: Read> Lines<R> {
    pub(super) const fn new(input: BufReader<R>) -> Self {
        Self { input, line: Vec::new() }
    }

    /// The next line without its end; `None` after the last. A line that is too long is skipped.
    pub(super) fn next(&mut self) -> io::Result<Option<Result<Cow<'_, str>, Refusal>>> {
        self.line.clear();
        let mut is_too_long = false;
        let mut is_at_end = true;
        loop {
            let part = self.input.fill_buf()?;
            if part.is_empty() {
                break;
            }
            is_at_end = false;
            let newline = part.iter().position(|&byte| byte == b'\n');
            let text = newline.map_or(part, |at| part.get(..at).unwrap_or(part));
            is_too_long |= self.line.len().saturating_add(text.len()) > MAX_LEN;
            if !is_too_long {
                self.line.extend_from_slice(text);
            }
            let consumed = text.len().saturating_add(usize::from(newline.is_some()));
            self.input.consume(consumed);
            if newline.is_some() {
                break;
            }
        }
        Ok(if is_at_end {
            None
        } else if is_too_long {
            Some(Err(Refusal::because("the line is longer than 1 MiB")))
        } else {
            Some(Ok(String::from_utf8_lossy(&self.line)))
        })
    }

    /// Whether the beginning of another line has been read already.
    pub(super) fn has_more_at_hand(&self) -> bool {
        !self.input.buffer().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::{Lines, MAX_LEN};

    fn lines(input: &[u8]) -> Vec<Option<String>> {
        let mut lines = Lines::new(BufReader::with_capacity(7, input));
        let mut all = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            all.push(line.ok().map(std::borrow::Cow::into_owned));
        }
        all
    }

    #[test]
    fn a_line_ends_with_a_newline_or_with_the_input() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(lines(b""), []);
        assert_eq!(lines(b"one"), [some("one")]);
        assert_eq!(lines(b"one\n"), [some("one")]);
        assert_eq!(
            lines(b"one\n\ntwo is longer\r\n"),
            [some("one"), some(""), some("two is longer\r")]
        );
    }

    #[test]
    fn the_line_after_one_that_is_too_long_is_read() {
        let longest = vec![b'q'; MAX_LEN];
        let input = [&longest[..], b"\n", &longest, b"q\nlast"].concat();
        let lines = lines(&input);
        assert_eq!(lines.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, true]);
        assert_eq!(lines[2].as_deref(), Some("last"));
    }
}
