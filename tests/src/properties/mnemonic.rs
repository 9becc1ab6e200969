use bip39::Language;
use countersign_crypto::Secret;
use countersign_mnemonic::Mnemonic;

/// A text is a mnemonic or not as `bip39` says, and stands for the seed that `bip39` derives.
pub fn mnemonic(data: &[u8]) {
    if let Ok(text) = str::from_utf8(data) {
        compare(text);
    }
    // Text is hardly ever a mnemonic by luck: the bytes are numbers of words, too.
    let list = Language::English.word_list();
    let numbers = data.as_chunks().0.iter().map(|pair| usize::from(u16::from_be_bytes(*pair)));
    let words: Vec<_> = numbers.map(|number| list[number % list.len()]).collect();
    compare(&words.join(" "));
    if let Some(entropy) = data.first_chunk() {
        let ours = Mnemonic::from_entropy(&Secret::new(*entropy));
        let theirs = bip39::Mnemonic::from_entropy(entropy).unwrap();
        assert!(ours.expose_words().map(|word| word.expose().to_owned()).eq(theirs.words()));
    }
}

fn compare(text: &str) {
    // What separates words is another matter: theirs knows Unicode's spaces and the vertical tab.
    if !text.is_ascii() || text.contains('\x0b') {
        return;
    }
    let theirs = bip39::Mnemonic::parse_in_normalized(Language::English, text).ok();
    let ours = Mnemonic::parse(text).ok();
    assert_eq!(ours.is_some(), theirs.is_some());
    if let (Some(ours), Some(theirs)) = (ours, theirs) {
        assert_eq!(*ours.seed().expose_secret(), theirs.to_seed_normalized(""));
    }
}
