//! Bytes as lower-case hex digits.

/// ```
/// assert_eq!(jindou::id::hex(&[0, 0xab, 15]), "00ab0f");
/// ```
pub fn hex(bytes: &[u8]) -> String {
    // Reckoned rather than looked up: so the compiler does many at once.
    let digit = |half: u8| half + if half < 10 { b'0' } else { b'a' - 10 };
    let mut text = vec![0; 2 * bytes.len()];
    for (two, byte) in text.as_chunks_mut::<2>().0.iter_mut().zip(bytes) {
        *two = [digit(byte >> 4), digit(byte & 15)];
    }
    // Checked as a whole: several times cheaper than a character at a time.
    String::from_utf8(text).unwrap_or_default()
}
