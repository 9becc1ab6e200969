//! A node of LDK 0.2.7's: its keys, what it peels and what it builds, and nothing else around them.
//!
//! It needs a heap and no operating system, so that the device bench measures the same node.

#![no_std]

extern crate alloc;

pub mod dice;
pub mod incoming;
pub mod node;
