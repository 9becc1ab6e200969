//! Two verdicts on the same bytes, over and over.

use crate::corpus::{Corpus, Kind, seed};
use crate::deviation::{DEVIATIONS, Deviation, Sample, Stricter};
use crate::records::Records;
use crate::text;
use crate::verdict::{Verdict, hex};

/// Cases of a message type.
const CASES: usize = 100_000;
/// How many of a hundred LDK must accept, lest the corpus test nothing but rejection.
const ACCEPTED_PERCENT: usize = 30;

/// Puts our verdict beside LDK's on every case of a kind.
///
/// # Panics
///
/// When they differ and no deviation says so, when a deviation says so and they do not differ, when
/// a deviation was never met, and when LDK accepted too few cases.
pub fn messages(kind: Kind, ldk: fn(&[u8]) -> Verdict, ours: fn(&[u8]) -> Verdict) {
    let mut corpus = Corpus::new(seed());
    let mut tally = Tally::new(kind);
    for _ in 0..CASES {
        let bytes = corpus.case(kind);
        let sample = Sample { records: Records::split(&bytes), text: None };
        tally.compare(&sample, &ldk(&bytes), &ours(&bytes), || hex(&bytes));
    }
    tally.finish();
}

/// As [`messages`], for texts, of which half are spoiled as texts and a quarter as messages.
///
/// # Panics
///
/// As [`messages`].
pub fn texts(kind: Kind, prefix: &str, ldk: fn(&str) -> Verdict, ours: fn(&str) -> Verdict) {
    let mut corpus = Corpus::new(seed());
    let mut tally = Tally::new(kind);
    for case in 0..CASES {
        let bytes = if case % 4 == 0 { corpus.case(kind) } else { corpus.valid(kind).encode() };
        let mut text = text::encode(prefix, &bytes);
        if case % 2 == 1 {
            text = text::spoil(corpus.dice(), &text);
        }
        let sample = Sample { records: Records::split(&text::bytes(&text)), text: Some(&text) };
        tally.compare(&sample, &ldk(&text), &ours(&text), || text.clone());
    }
    tally.finish();
}

/// What has been seen so far.
struct Tally {
    kind: Kind,
    cases: usize,
    accepted: usize,
    /// How often each deviation decided, for those of this kind.
    met: Vec<(&'static Deviation, usize)>,
}

impl Tally {
    fn new(kind: Kind) -> Self {
        let of_kind = DEVIATIONS.iter().filter(|deviation| deviation.kinds.contains(&kind));
        Self { kind, cases: 0, accepted: 0, met: of_kind.map(|it| (it, 0)).collect() }
    }

    fn compare(
        &mut self,
        sample: &Sample<'_>,
        ldk: &Verdict,
        ours: &Verdict,
        what: impl Fn() -> String,
    ) {
        self.cases += 1;
        self.accepted += usize::from(ldk.is_accepted());
        let is_known = |stricter| {
            let mut of_side = self.met.iter().filter(|(it, _)| it.stricter == stricter);
            of_side.any(|(it, _)| (it.holds)(sample))
        };
        let expected = [Stricter::Ours, Stricter::Ldk].map(is_known);
        let agrees = match (ldk, ours) {
            (Verdict::Accepted(theirs), Verdict::Accepted(ours)) => {
                assert_eq!(theirs, ours, "{:?} {}: {}", self.kind, self.cases, what());
                expected == [false, false]
            }
            (Verdict::Accepted(_), Verdict::Rejected(_)) => expected == [true, false],
            (Verdict::Rejected(_), Verdict::Accepted(_)) => expected == [false, true],
            (Verdict::Rejected(_), Verdict::Rejected(_)) => true,
        };
        assert!(
            agrees,
            "{:?} {}: known to be stricter: ours, LDK: {expected:?}\n{}\nLDK: {ldk:?}\nours: {ours:?}",
            self.kind,
            self.cases,
            what(),
        );
        if ldk.is_accepted() != ours.is_accepted() {
            for (deviation, times) in &mut self.met {
                *times += usize::from((deviation.holds)(sample));
            }
        }
    }

    fn finish(self) {
        println!(
            "{:?}: seed {}, {} cases, LDK accepted {}",
            self.kind,
            seed(),
            self.cases,
            self.accepted
        );
        assert!(self.cases >= CASES, "too few cases");
        assert!(self.accepted * 100 >= self.cases * ACCEPTED_PERCENT, "LDK accepted too few");
        for (deviation, times) in self.met {
            println!("  {times:>6} {} {:?} stricter", deviation.rule, deviation.stricter);
            assert!(times > 0, "never met: {} {}", deviation.rule, deviation.sentence);
        }
    }
}
