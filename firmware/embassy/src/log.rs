use countersign_firmware::Event;

/// Writes an event to the debug probe's log: a state or a code, never a payload.
pub fn log(event: Event) {
    defmt::info!("{=str} {=u16}", event.name(), event.number());
}
