use countersign_crypto::sha256;
use countersign_offers::Suspended;
use countersign_policy::Uptime;
use countersign_units::Msat;
use heapless::Deque;

use crate::capacity::{DECISION_SECONDS, DECISIONS, QUESTION_SECONDS};

/// What the merchant is asked while the device goes on, and what they have said.
///
/// A decision is about one request for one amount, or about one invoice that is to be paid: the same
/// again gets it without another prompt, and any other does not.
#[derive(Debug, Default)]
pub(crate) struct Questions {
    open: Option<Question>,
    decided: Deque<(Topic, Answer, Uptime), DECISIONS>,
}

/// A request or an invoice and the amount that its prompt showed, as a digest of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Topic([u8; 32]);

impl Topic {
    pub(crate) fn of(request: &Suspended) -> Self {
        Self(sha256(&[request.digest(), &request.amount().get().to_be_bytes()]))
    }

    /// An invoice that is to be paid, by the first half of its SHA-256.
    pub(crate) fn of_payment(invoice: &[u8; 16], amount: Msat) -> Self {
        Self(sha256(&[b"to be paid", invoice, &amount.get().to_be_bytes()]))
    }
}

/// A prompt that stays on the screen after its request was let go.
#[derive(Clone, Copy, Debug)]
struct Question {
    prompt: u32,
    topic: Topic,
    since: Uptime,
}

/// What the merchant said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Yes,
    No,
}

/// How a request stands with the merchant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// They have said so.
    Decided(Answer),
    /// Its prompt is before them, or another's is.
    Waiting,
    /// They can be asked.
    NotAsked,
}

impl Questions {
    /// Leaves a prompt with the merchant.
    pub(crate) const fn leave(&mut self, prompt: u32, topic: Topic, now: Uptime) {
        self.open = Some(Question { prompt, topic, since: now });
    }

    /// The screen is needed for another prompt, and has room for one.
    pub(crate) const fn displace(&mut self) {
        self.open = None;
    }

    /// Whether the prompt of that number is before the merchant.
    pub(crate) fn is_open(&self, prompt: u32) -> bool {
        self.open.is_some_and(|question| question.prompt == prompt)
    }

    /// A button was pressed while a prompt was left with the merchant.
    pub(crate) fn answer(&mut self, answer: Answer, now: Uptime) {
        if let Some(Question { topic, .. }) = self.open.take() {
            self.decide(topic, answer, now);
        }
    }

    /// Remembers a decision, in place of the oldest if need be.
    pub(crate) fn decide(&mut self, topic: Topic, answer: Answer, now: Uptime) {
        if self.decided.is_full() {
            self.decided.pop_front();
        }
        let remembered = self.decided.push_back((topic, answer, now));
        debug_assert!(remembered.is_ok());
    }

    /// What is known about a request that needs the merchant's word.
    pub(crate) fn standing(&self, topic: Topic, now: Uptime) -> Standing {
        let is_fresh = |since: Uptime, seconds| now.since(since) < seconds;
        let decision = self
            .decided
            .iter()
            .rev()
            .find(|(decided, _, at)| *decided == topic && is_fresh(*at, DECISION_SECONDS));
        match (decision, &self.open) {
            (Some((_, answer, _)), _) => Standing::Decided(*answer),
            (None, Some(question)) if is_fresh(question.since, QUESTION_SECONDS) => {
                Standing::Waiting
            }
            (None, _) => Standing::NotAsked,
        }
    }
}

#[cfg(test)]
mod tests {
    use countersign_policy::Uptime;

    use super::{Answer, Questions, Standing, Topic};
    use crate::capacity::{DECISION_SECONDS, DECISIONS, QUESTION_SECONDS};

    const fn topic(byte: u8) -> Topic {
        Topic([byte; 32])
    }

    #[test]
    fn a_decision_is_about_one_request_and_ends() {
        let mut questions = Questions::default();
        questions.leave(1, topic(1), Uptime(0));
        assert_eq!(questions.standing(topic(1), Uptime(1)), Standing::Waiting);
        assert_eq!(questions.standing(topic(2), Uptime(1)), Standing::Waiting);
        questions.answer(Answer::Yes, Uptime(1));
        assert!(!questions.is_open(1));
        assert_eq!(questions.standing(topic(2), Uptime(1)), Standing::NotAsked);
        let last = Uptime(DECISION_SECONDS);
        assert_eq!(questions.standing(topic(1), last), Standing::Decided(Answer::Yes));
        let late = Uptime(DECISION_SECONDS + 1);
        assert_eq!(questions.standing(topic(1), late), Standing::NotAsked);
    }

    #[test]
    fn a_button_without_a_question_decides_nothing() {
        let mut questions = Questions::default();
        questions.answer(Answer::Yes, Uptime(0));
        questions.leave(1, topic(1), Uptime(0));
        questions.displace();
        questions.answer(Answer::Yes, Uptime(0));
        assert_eq!(questions.standing(topic(1), Uptime(0)), Standing::NotAsked);
    }

    #[test]
    fn a_merchant_who_is_away_holds_nobody_up_for_long() {
        let mut questions = Questions::default();
        questions.leave(1, topic(1), Uptime(0));
        let last = Uptime(QUESTION_SECONDS - 1);
        assert_eq!(questions.standing(topic(2), last), Standing::Waiting);
        let late = Uptime(QUESTION_SECONDS);
        assert_eq!(questions.standing(topic(2), late), Standing::NotAsked);
    }

    #[test]
    fn the_latest_decisions_are_remembered() {
        let mut questions = Questions::default();
        questions.decide(topic(0), Answer::Yes, Uptime(0));
        for _ in 0..DECISIONS {
            questions.decide(topic(1), Answer::Yes, Uptime(0));
        }
        questions.decide(topic(1), Answer::No, Uptime(0));
        assert_eq!(questions.standing(topic(0), Uptime(0)), Standing::NotAsked);
        assert_eq!(questions.standing(topic(1), Uptime(0)), Standing::Decided(Answer::No));
    }
}
