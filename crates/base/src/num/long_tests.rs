//! Text of 80-bit floats against C's, as the numbers stand in recorded replies of Redis, and against exact arithmetic.

use proptest::prelude::*;

use super::LongFloat;

fn text(value: LongFloat) -> String {
    let mut out = Vec::new();
    value.write(&mut out);
    String::from_utf8(out).expect("ASCII")
}

fn parsed(number: &str) -> Option<String> {
    LongFloat::parse(number.as_bytes()).map(text)
}

#[track_caller]
fn check(number: &str, expect: &str) {
    assert_eq!(parsed(number).as_deref(), Some(expect), "{number}");
}

#[test]
fn text_is_that_of_c() {
    check("0", "0");
    check("-0", "0");
    check("3.0e3", "3000");
    check("1e-17", "0.00000000000000001");
    check("1e-18", "0");
    check("-1e-18", "0");
    check("5e-18", "0");
    check("6e-18", "0.00000000000000001");
    check("3.14159265358979323846", "3.14159265358979324");
    check("0x1p3", "8");
    check("0X.8", "0.5");
    check("-0x10", "-16");
    check("1.", "1");
    check(".5", "0.5");
    check("+1E2", "100");
    check("1e30", "1000000000000000000024696061952");
    check("9223372036854775807", "9223372036854775807");
    check("18446744073709551615", "18446744073709551615");
    check("18446744073709551617", "18446744073709551616");
    check("inf", "inf");
    check("-InFinity", "-inf");
    check("1e-4932", "0");
    check("1e-4950", "0");
    assert_eq!(parsed("1e400").map(|text| text.len()), Some(401));
    assert_eq!(parsed("1e4932").map(|text| text.len()), Some(4933));
}

#[test]
fn what_is_no_number_is_refused() {
    for bad in [
        "",
        " 1",
        "1 ",
        "1,5",
        "nan",
        "-nan",
        "abc",
        "1e",
        "1e+",
        "e5",
        ".",
        "+",
        "-",
        "--1",
        "1..2",
        "0x",
        "0xg",
        "0x1p",
        "1e5000",
        "-1e5000",
        "1e-5000",
        "0x1p-20000",
        "1_0",
        "infinit",
        "1\0",
    ] {
        assert_eq!(parsed(bad), None, "{bad}");
    }
    let long = "1".repeat(5 * 1024);
    assert_eq!(parsed(&long), None);
    assert!(parsed(&long[1..]).is_none(), "out of range");
    assert!(parsed(&format!("0.{}", &long[..5000])).is_some());
}

#[test]
fn sums_are_rounded_to_64_bits() {
    let sum = |a: &str, b: &str| {
        let (a, b) = (LongFloat::parse(a.as_bytes()).expect("a"), LongFloat::parse(b.as_bytes()).expect("b"));
        a.plus(b).map(text)
    };
    assert_eq!(sum("0.1", "0.2").as_deref(), Some("0.3"));
    assert_eq!(sum("5002.5", "1e-5").as_deref(), Some("5002.50001000000000007"));
    assert_eq!(sum("17179869184", "0.1").as_deref(), Some("17179869184.09999999962747097"));
    assert_eq!(sum("9223372036854775807", "1").as_deref(), Some("9223372036854775808"));
    assert_eq!(sum("inf", "-inf"), None);
    assert_eq!(sum("inf", "1").as_deref(), Some("inf"));
    assert_eq!(LongFloat::max().plus(LongFloat::max()).map(text).as_deref(), Some("inf"));
    assert_eq!(LongFloat::max().minus(LongFloat::max()).map(text).as_deref(), Some("0"));
    assert!(LongFloat::from_int(-1).is_negative() && !LongFloat::from_int(0).is_negative());
    assert!(LongFloat::from_int(i64::MIN) < LongFloat::from_int(i64::MIN + 1));
}

proptest! {
    #[test]
    fn integers_are_exact(int: i64, other: i64) {
        prop_assert_eq!(text(LongFloat::from_int(int)), int.to_string());
        let number = int.to_string();
        prop_assert_eq!(parsed(&number), Some(number));
        let sum = LongFloat::from_int(int >> 1).plus(LongFloat::from_int(other >> 1)).map(text);
        prop_assert_eq!(sum, Some(((int >> 1) + (other >> 1)).to_string()));
    }

    /// A decimal comes back as it was while 64 bits have room for its 17 digits behind the point.
    #[test]
    fn short_decimals_come_back(whole in 0u64..64, fraction in 1u64..1_000_000_000) {
        let fraction = format!("{fraction:09}");
        let number = format!("{whole}.{}", fraction.trim_end_matches('0'));
        prop_assert_eq!(parsed(&number), Some(number));
    }

    /// Large powers of two, against repeated doubling of decimal digits.
    #[test]
    fn powers_of_two_are_exact(mantissa: u64, shift in 0u32..64) {
        let number = format!("0x{mantissa:x}p{shift}");
        prop_assert_eq!(parsed(&number), Some((u128::from(mantissa) << shift).to_string()));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..40), number in "[-+]?[0-9.]{0,6}([ep][-+]?[0-9]{0,5})?") {
        let _ = LongFloat::parse(&bytes).map(text);
        let _ = parsed(&number);
    }
}

#[test]
fn general_form() {
    fn check(text: &str, expect: &str) {
        let mut out = Vec::new();
        LongFloat::parse(text.as_bytes()).expect("a number").write_general(&mut out);
        assert_eq!(String::from_utf8_lossy(&out), expect, "{text}");
    }
    check("0.1", "0.1");
    check("6", "6");
    check("-1.5", "-1.5");
    check("100000", "100000");
    check("1e20", "1e+20");
    check("0.00001", "1e-05");
    check("9223372036854775807", "9.2233720368547758e+18");
    check("12345678901234567", "12345678901234567");
    check("-0", "-0");
    check("inf", "inf");
    check("1.2345678901234567891", "1.2345678901234568");
}

#[test]
fn doubles_and_truncation() {
    for value in [0.1, -2.5, 5e-324, 1e300, 0.0, 3.0, f64::MIN_POSITIVE] {
        let mut out = Vec::new();
        LongFloat::from_f64(value).expect("no NaN").write_general(&mut out);
        let mut expect = Vec::new();
        super::super::write_f64_17(&mut expect, value);
        assert_eq!(String::from_utf8_lossy(&out), String::from_utf8_lossy(&expect));
    }
    let truncated = |text: &str| LongFloat::parse(text.as_bytes()).and_then(LongFloat::truncated);
    assert_eq!((truncated("2.9"), truncated("-2.9")), (Some(2), Some(-2)));
    assert_eq!((truncated("1e19"), truncated("-inf")), (None, None));
    assert_eq!(truncated("9223372036854775807.5"), Some(i64::MAX));
}
