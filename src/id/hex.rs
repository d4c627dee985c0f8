//! Bytes as lower-case hex digits.

/// ```
/// assert_eq!(jindou::id::hex(&[0, 0xab, 15]), "00ab0f");
/// ```
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = vec![0; 2 * bytes.len()];
    for (two, byte) in text.as_chunks_mut::<2>().0.iter_mut().zip(bytes) {
        *two = [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
    }
    // Checked as a whole: several times cheaper than a character at a time.
    String::from_utf8(text).unwrap_or_default()
}
