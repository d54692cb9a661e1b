//! Atomic multicast between cores: inboxes, publish, drain, wake-ups by trait.
