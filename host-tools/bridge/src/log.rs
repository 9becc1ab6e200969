use lightning::util::logger::{Level, Logger, Record};

/// LDK's log as events of `tracing`, all of them one level quieter: what LDK finds worth an
/// operator's notice is about channels.
pub(crate) struct LdkLog;

impl Logger for LdkLog {
    fn log(&self, record: Record<'_>) {
        let args = record.args;
        match record.level {
            Level::Gossip | Level::Trace | Level::Debug => tracing::trace!(target: "ldk", "{args}"),
            Level::Info => tracing::debug!(target: "ldk", "{args}"),
            Level::Warn => tracing::info!(target: "ldk", "{args}"),
            Level::Error => tracing::warn!(target: "ldk", "{args}"),
        }
    }
}
