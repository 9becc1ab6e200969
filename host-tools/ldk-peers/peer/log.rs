use lightning::util::logger::{Level, Logger, Record};

/// LDK's log, sent to where this process logs.
#[derive(Debug)]
pub struct Log;

impl Logger for Log {
    fn log(&self, record: Record<'_>) {
        let (module, text) = (record.module_path, record.args);
        match record.level {
            Level::Gossip | Level::Trace => tracing::trace!(module, "{text}"),
            Level::Debug => tracing::debug!(module, "{text}"),
            Level::Info => tracing::info!(module, "{text}"),
            Level::Warn => tracing::warn!(module, "{text}"),
            Level::Error => tracing::error!(module, "{text}"),
        }
    }
}
