//! Differential tests against LDK.
