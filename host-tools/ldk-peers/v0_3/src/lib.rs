//! LDK.
