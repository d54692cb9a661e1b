//! Doubles: what Redis 8.2 answered to `ZADD` and `ZCOUNT`, and round trips.

use super::*;
use proptest::prelude::*;

fn text_of(value: f64) -> String {
    let mut text = Vec::new();
    write_f64(&mut text, value);
    String::from_utf8(text).unwrap()
}

#[test]
fn scores_as_redis_reads_them() {
    #[track_caller]
    fn check(text: &str, value: impl Into<Option<f64>>) {
        assert_eq!(parse_f64(text.as_bytes()), value.into(), "{text:?}");
    }
    check("1", 1.0);
    check("+1", 1.0);
    check("-1", -1.0);
    check(".5", 0.5);
    check("-.5", -0.5);
    check("5.", 5.0);
    check("1e5", 1e5);
    check("1E5", 1e5);
    check("1e+5", 1e5);
    check("1e-5", 1e-5);
    check("1e0005", 1e5);
    check("007", 7.0);
    check("0", 0.0);
    check("-0", -0.0);
    check("+0", 0.0);
    check("0e5", 0.0);
    check("inf", f64::INFINITY);
    check("+inf", f64::INFINITY);
    check("-INF", f64::NEG_INFINITY);
    check("Infinity", f64::INFINITY);
    check("-infinity", f64::NEG_INFINITY);
    check("0x10", 16.0);
    check("0X1.8p1", 3.0);
    check("4.9e-324", 5e-324);
    check("2.4703282292062328e-324", 5e-324);
    check("1e-310", 1e-310);
    check("1.79769313486231580793e308", f64::MAX);
    check(&format!("1{}", "0".repeat(300)), 1e300);
    for text in [
        "",
        ".",
        "-",
        "+",
        "1e",
        "1e+",
        "e5",
        "infx",
        "infinit",
        "nan",
        "NaN",
        "-nan",
        "nan(1)",
        "0x",
        "1e400",
        "-1e400",
        "1e-400",
        "2e-324",
        "2.4703282292062327e-324",
        "1_000",
        "1,5",
        "1\0",
        " 1",
        "1 ",
        "\t1",
        "1\n",
        "++1",
        "+-1",
        "1d",
    ] {
        check(text, None);
    }
    check(&"9".repeat(400), None);
    check(&format!("0.{}1", "0".repeat(400)), None);
}

#[test]
fn borders_as_redis_reads_them() {
    #[track_caller]
    fn check(text: &str, value: impl Into<Option<f64>>) {
        assert_eq!(parse_f64_border(text.as_bytes()), value.into(), "{text:?}");
    }
    check("1", 1.0);
    check("+1", 1.0);
    check("", 0.0);
    check("1\0x", 1.0);
    check("1e400", f64::INFINITY);
    check("-1e400", f64::NEG_INFINITY);
    check("1e-400", 0.0);
    check("-inf", f64::NEG_INFINITY);
    for text in ["nan", " 1", "1 ", "0x10", ".", "-", "1e", "infx"] {
        check(text, None);
    }
}

#[test]
fn text_as_redis_prints_it() {
    // Pairs taken from `ZSCORE` of Redis 8.2.
    for (value, text) in [
        (0.0, "0"),
        (-0.0, "-0"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
        (f64::NAN, "nan"),
        (1.0, "1"),
        (-1.5, "-1.5"),
        (0.1, "0.1"),
        (1e-5, "0.00001"),
        (1e-7, "1e-7"),
        (0.001234, "0.001234"),
        (0.000123, "0.000123"),
        (0.00012345678, "1.2345678e-4"),
        (1.5e-7, "1.5e-7"),
        (5e-324, "5e-324"),
        (1e-310, "1e-310"),
        (1e17, "100000000000000000"),
        (4_611_686_018_427_387_904.0, "4611686018427387904"),
        (1e19, "1e+19"),
        (1.2345678901234567e19, "12345678901234567000"),
        (1e300, "1e+300"),
        (f64::MAX, "1.7976931348623157e+308"),
        (3.658e28, "3.658e+28"),
        (1.597_000_000_000_000_2e26, "1.5970000000000002e+26"),
        (-1.989_032_661_366_619e244, "-1.989032661366619e+244"),
        (8.391_468_627_921_774_5e-19, "8.3914686279217745e-19"),
    ] {
        assert_eq!(text_of(value), text);
    }
}

proptest! {
    #[test]
    fn text_round_trips(bits: u64) {
        let value = f64::from_bits(bits);
        prop_assume!(!value.is_nan());
        let text = text_of(value);
        prop_assert_eq!(parse_f64(text.as_bytes()), Some(value), "{}", text);
    }

    #[test]
    fn decimals_round_trip(mantissa in -1_000_000_000i64..1_000_000_000, places in -25i32..25) {
        let value: f64 = format!("{mantissa}e{places}").parse().unwrap();
        let text = text_of(value);
        prop_assert_eq!(parse_f64(text.as_bytes()), Some(value), "{}", text);
    }

    #[test]
    fn never_panics(text: Vec<u8>) {
        parse_f64(&text);
        parse_f64_border(&text);
    }
}

#[test]
fn digits_that_are_not_the_fewest() {
    // What Redis 8.2 answered to ZSCORE, where Grisu2 gives a digit more than needed.
    for (bits, text) in [
        (0x43ac_63fa_19b8_c1ed, "1022876822068590208"),
        (0x431e_a027_0842_d461, "2155084701021464.3"),
        (0xc3bc_f4b0_2e27_c07e, "-2086486239661293056"),
        (0x4373_aa81_bc34_1b2e, "88567979880592096"),
        (0x42e0_3448_6158_bd64, "142533909464555.13"),
        (0x436d_088b_6760_954b, "65377353219746392"),
        (0x4393_3019_5b5c_a797, "345658241447486912"),
        (0x4390_c8e0_44c1_213b, "302365771462889152"),
        (0x436b_f46c_fc0f_0ba7, "62948586349419832"),
        (0x43a6_4b9f_3b4a_8231, "803276384544823424"),
        (0x4363_69f3_3aa1_7065, "43716143513043752"),
        (0x4375_679b_ba0c_c954, "96398288798651712"),
        (0x43a1_c0cd_dee2_8600, "639624325670043648"),
        (0x4373_95b3_0902_6fc6, "88201931845467232"),
        (0x43cf_9bad_06f1_acf6, "4555208563803941888"),
        (0x4375_75ee_2b06_64d6, "96650244726869344"),
        (0x4355_1336_ce0e_3e88, "23728402468502048"),
        (0x43b0_16e7_d764_933d, "1159368866385837312"),
        (0x436b_9156_5162_8408, "62076994318508096"),
        (0x4306_e3d4_8746_533a, "805368928717415.3"),
        (0x439d_507d_075b_75d4, "528081423947363584"),
        (0x436a_99fa_6505_88f2, "59901200881698704"),
        (0x436d_f20e_326b_6b9d, "67431336911789288"),
        (0x4371_b326_ff16_2f2d, "79712874781668048"),
    ] {
        assert_eq!(text_of(f64::from_bits(bits)), text);
        assert_eq!(parse_f64(text.as_bytes()), Some(f64::from_bits(bits)));
    }
}
