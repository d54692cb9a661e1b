//! Sizes as an operator writes them: `100mb`, `1g`, `512`.

/// Bytes meant by `text`, as redis.conf takes them: digits and an optional unit in any case. `k`, `m`, `g` are powers of
/// 1000, `kb`, `mb`, `gb` of 1024, `b` or nothing is bytes. What exceeds 64 bits gives the largest number, which every
/// setting's own bounds refuse. Without digits it is 0, as in Redis. `None` for anything else.
pub fn parse_memory(text: &[u8]) -> Option<u64> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let factor = unit_bytes(unit)?;
    let mut value = 0u64;
    for &digit in number {
        value = value.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
    }
    Some(value.saturating_mul(factor))
}

fn unit_bytes(unit: &[u8]) -> Option<u64> {
    const UNITS: [(&[u8], u64); 8] = [
        (b"", 1),
        (b"b", 1),
        (b"k", 1000),
        (b"kb", 1 << 10),
        (b"m", 1000 * 1000),
        (b"mb", 1 << 20),
        (b"g", 1000 * 1000 * 1000),
        (b"gb", 1 << 30),
    ];
    UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).map(|&(_, bytes)| bytes)
}

#[cfg(test)]
mod tests {
    use super::parse_memory;

    #[test]
    fn units() {
        fn check(text: &str, bytes: impl Into<Option<u64>>) {
            assert_eq!(parse_memory(text.as_bytes()), bytes.into(), "{text}");
        }
        check("0", 0);
        check("512", 512);
        check("512b", 512);
        check("1k", 1000);
        check("1kb", 1024);
        check("1K", 1000);
        check("100mb", 100 << 20);
        check("100MB", 100 << 20);
        check("3m", 3_000_000);
        check("1g", 1_000_000_000);
        check("1Gb", 1 << 30);
        check("18446744073709551615", u64::MAX);
        check("18446744073709551616", u64::MAX);
        check("18446744073709551615k", u64::MAX);
        check("007", 7);
        check("", 0);
        check("mb", 0);
        check("-1", None);
        check("+1", None);
        check("1 mb", None);
        check("1tb", None);
        check("1.5gb", None);
        check("x", None);
    }
}
