//! Doubles: the forms that Redis's `string2d` takes, and the text of its `d2string`.

/// The double that `text` is. Takes decimal and exponent forms, `inf` and `infinity` in any case with an optional `-`;
/// refuses NaN, empty text, surrounding spaces and trailing bytes.
pub fn parse_f64(text: &[u8]) -> Option<f64> {
    let value = fast_float2::parse::<f64, _>(text).ok()?;
    (!value.is_nan()).then_some(value)
}

/// Appends the shortest text that reads back as `value`, in the form that Redis prints: integers below 2^62 in full,
/// `-0`, `inf`, `-inf`, `nan`, otherwise plain decimals or `1.5e-7`.
pub fn write_f64(out: &mut Vec<u8>, value: f64) {
    const INTEGER_BOUND: f64 = (1u64 << 62) as f64;
    if value.is_nan() {
        out.extend_from_slice(b"nan");
    } else if value.is_infinite() {
        out.extend_from_slice(if value < 0.0 { b"-inf" } else { b"inf" });
    } else if value == 0.0 {
        out.extend_from_slice(if value.is_sign_negative() { b"-0" } else { b"0" });
    } else if value.abs() <= INTEGER_BOUND && value.trunc() == value {
        super::write_i64(out, value as i64);
    } else {
        let mut buffer = zmij::Buffer::new();
        out.extend_from_slice(buffer.format_finite(value).as_bytes());
    }
}
