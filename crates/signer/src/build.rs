//! What a device was built from, as whoever builds it hands it over: texts of cargo's and git's.

/// A version from its three numbers. One that is no number below 256 is 255.
#[must_use]
pub const fn version(numbers: [&str; 3]) -> [u8; 3] {
    let [major, minor, patch] = numbers;
    [number(major), number(minor), number(patch)]
}

const fn number(text: &str) -> u8 {
    match u8::from_str_radix(text, 10) {
        Ok(number) => number,
        Err(_) => u8::MAX,
    }
}

/// A commit from its 40 hexadecimal digits; zeros where nobody said which, or said something else.
#[must_use]
pub const fn commit(digits: Option<&str>) -> [u8; 20] {
    let Some(digits) = digits else { return [0; 20] };
    let mut rest = digits.as_bytes();
    let mut commit = [0; 20];
    let mut places: &mut [u8] = &mut commit;
    while let Some((place, further)) = places.split_first_mut() {
        let Some((&[high, low], after)) = rest.split_first_chunk() else { return [0; 20] };
        let (Some(high), Some(low)) = (digit(high), digit(low)) else { return [0; 20] };
        *place = (high << 4) | low;
        (places, rest) = (further, after);
    }
    if rest.is_empty() { commit } else { [0; 20] }
}

const fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character.wrapping_sub(b'0')),
        b'a'..=b'f' => Some(character.wrapping_sub(b'a').wrapping_add(10)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{commit, version};

    #[test]
    fn a_version_is_three_numbers() {
        assert_eq!(version(["0", "12", "255"]), [0, 12, 255]);
        assert_eq!(version(["256", "", "-1"]), [255; 3]);
    }

    #[test]
    fn a_commit_is_forty_digits_and_anything_else_is_none() {
        const COMMIT: [u8; 20] = commit(Some("00112233445566778899aabbccddeeff01234567"));
        assert_eq!(COMMIT[..4], [0, 0x11, 0x22, 0x33]);
        assert_eq!(COMMIT[15..], [0xff, 0x01, 0x23, 0x45, 0x67]);
        for digits in [
            "",
            "00112233",
            "00112233445566778899aabbccddeeff0123456",
            "00112233445566778899aabbccddeeff012345678",
            "00112233445566778899AABBCCDDEEFF01234567",
        ] {
            assert_eq!(commit(Some(digits)), [0; 20], "{digits}");
        }
        assert_eq!(commit(None), [0; 20]);
    }
}
