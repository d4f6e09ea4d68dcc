//! Answers a host.
