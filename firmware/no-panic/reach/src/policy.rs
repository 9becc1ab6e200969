use core::fmt::Display;

use countersign_policy::{
    AmountLimits, Bucket, Clock, ClockLimits, Currency, FiatLimits, Limits, Match, OfferLimits,
    PathLimits, Proposal, Rule, RuleError, Rules, Uptime, Verdict, WindowLimits, Windows,
    judge_claim, judge_path, judge_paths, judge_payout, judge_rate, judge_request, judge_time,
};

/// `countersign-policy`.
pub fn policy() {
    change();
    claim();
    clock();
    fiat();
    field();
    limits();
    path();
    payout();
    request();
    rule();
    rules();
    verdict();
    window();
    walked();
}

fn change() {
    crate::keep([
        Proposal::new as *const (),
        Proposal::changes as *const (),
        Proposal::commit as *const (),
    ]);
}

fn claim() {
    crate::keep([judge_claim as *const ()]);
}

fn clock() {
    crate::keep([
        Uptime::since as *const (),
        Clock::confirmed as *const (),
        Clock::restored as *const (),
        Clock::latest as *const (),
        Clock::own as *const (),
        Clock::now as *const (),
        judge_time as *const (),
    ]);
}

fn fiat() {
    crate::keep([judge_rate as *const (), Currency::exponent as *const ()]);
}

fn field() {
    crate::keep([Limits::get as *const (), Limits::set as *const (), Limits::fields as *const ()]);
}

fn limits() {
    crate::keep([
        <OfferLimits as Default>::default as *const (),
        <AmountLimits as Default>::default as *const (),
        <FiatLimits as Default>::default as *const (),
        Currency::new as *const (),
        Currency::letters as *const (),
        <WindowLimits as Default>::default as *const (),
        <PathLimits as Default>::default as *const (),
        <ClockLimits as Default>::default as *const (),
    ]);
}

fn path() {
    crate::keep([judge_path as *const (), judge_paths as *const ()]);
}

fn payout() {
    crate::keep([judge_payout as *const ()]);
}

fn request() {
    crate::keep([judge_request as *const ()]);
}

fn rule() {
    crate::keep([
        Rule::number as *const (),
        Rule::from_number as *const (),
        Rule::name as *const (),
        Rule::unit as *const (),
        <Rule as Display>::fmt as *const (),
    ]);
}

fn rules() {
    crate::keep([
        Rules::new as *const (),
        Rules::limits as *const (),
        <RuleError as Display>::fmt as *const (),
    ]);
}

fn verdict() {
    crate::keep([Verdict::and as *const ()]);
}

fn window() {
    crate::keep([
        Bucket::restored as *const (),
        Bucket::count as *const (),
        Windows::invoice_signed as *const (),
        Windows::invoice_paid as *const (),
    ]);
}

fn walked() {
    crate::keep([same_keys as *const (), walk_changes as *const (), walk_fields as *const ()]);
}

fn same_keys(one: &[u8; 33], other: &[u8; 33]) -> Match {
    Match::of(one, other)
}

fn walk_changes(proposal: &Proposal<'_>) {
    crate::walk(proposal.changes());
}

fn walk_fields(limits: &Limits) {
    crate::walk(limits.fields());
}
