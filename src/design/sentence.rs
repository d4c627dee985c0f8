//! Cuts prose into sentences and tells labels from notes.

const LONGEST_LABEL: usize = 32;

/// The part of a label for a language: in `状态|Status`, the first for Chinese, the second for others.
/// A label in one language serves all.
pub fn label_in<'a>(label: &'a str, lang: &str) -> &'a str {
    match label.split_once('|') {
        Some((zh, _)) if lang.starts_with("zh") => zh.trim(),
        Some((_, other)) => other.trim(),
        None => label,
    }
}

/// Sentences with what ends them, and the blanks after: joined again they give the text. A full stop counts
/// before a blank, a Chinese character or the end; none counts inside parentheses.
pub(in crate::design) fn sentences(text: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let (mut start, mut depth) = (0, 0usize);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '(' | '（' => depth += 1,
            ')' | '）' => depth = depth.saturating_sub(1),
            _ => {}
        }
        let next = chars.peek().map(|(_, c)| *c);
        let stop = match c {
            '。' => true,
            '.' => next.is_none_or(|c| c.is_whitespace() || !c.is_ascii()),
            _ => false,
        };
        if stop && depth == 0 {
            let mut end = at + c.len_utf8();
            while let Some((at, blank)) = chars.next_if(|(_, c)| c.is_whitespace()) {
                end = at + blank.len_utf8();
            }
            sentences.push(&text[start..end]);
            start = end;
        }
    }
    if start < text.len() {
        sentences.push(&text[start..]);
    }
    sentences
}

/// A sentence without what ends it.
pub(in crate::design) fn bare(sentence: &str) -> &str {
    sentence.trim().trim_end_matches(['.', '。']).trim()
}

/// A first sentence is a label when it is short and plain; else it is the beginning of a note.
pub(in crate::design) fn as_label(sentence: &str) -> Option<&str> {
    let label = bare(sentence);
    let parts: Vec<&str> = label.split('|').map(str::trim).collect();
    let short = parts.iter().all(|part| !part.is_empty() && part.chars().count() <= LONGEST_LABEL);
    let plain = !label.contains([',', '，', ';', '；', '"', '`', '\n']) && !label.ends_with([':', '：']);
    (short && plain && parts.len() <= 2).then_some(label)
}
