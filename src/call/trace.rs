//! The trace that a request belongs to (W3C Trace Context): taken as it comes, named in our log, handed on.

/// The header as it may be handed on; None when it is not in the form of version 00, which ends no call.
///
/// ```
/// use jindou::call::trace::parent;
/// let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
/// assert_eq!(parent(good), Some(good));
/// assert_eq!(parent("00-00000000000000000000000000000000-b7ad6b7169203331-01"), None);
/// assert_eq!(parent("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"), None);
/// assert_eq!(parent("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), None);
/// ```
pub fn parent(header: &str) -> Option<&str> {
    let header = header.trim();
    let mut parts = header.split('-');
    let mut part = |length: usize| {
        let part = parts.next()?;
        let hex = part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        (part.len() == length && hex).then_some(part)
    };
    let (version, trace, span, _flags) = (part(2)?, part(32)?, part(16)?, part(2)?);
    let some = |id: &str| id.bytes().any(|b| b != b'0');
    (version == "00" && some(trace) && some(span) && parts.next().is_none()).then_some(header)
}

/// The id of the trace in such a header.
pub fn id(parent: &str) -> &str {
    parent.get(3..35).unwrap_or_default()
}
