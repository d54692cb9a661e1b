//! Compares Anax with its peers on loopback.

fn main() {}
