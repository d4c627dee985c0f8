//! `@include path` lines: gathers the texts that make one design. Reading files is the caller's part.

use std::collections::HashSet;

use super::assemble::parse;
use super::catalogue::Catalogue;
use super::fault::Fault;
use super::lines::{Line, sort};

/// `include` answers a path relative to the main file, perhaps with `*`, by the files found: (place, text).
/// Each place is read once, however often it is included; a plain path that finds nothing is a fault.
pub fn parse_with(
    main: &str,
    text: &str,
    include: &dyn Fn(&str) -> Vec<(String, String)>,
) -> Result<Catalogue, Vec<Fault>> {
    let mut reader = Reader { include, seen: HashSet::new(), sources: Vec::new(), faults: Vec::new() };
    reader.read(main.to_owned(), text.to_owned());
    let Reader { sources, mut faults, .. } = reader;
    let sources: Vec<(&str, &str)> =
        sources.iter().map(|(place, text)| (place.as_str(), text.as_str())).collect();
    match parse(&sources) {
        Ok(catalogue) if faults.is_empty() => Ok(catalogue),
        Ok(_) => Err(faults),
        Err(more) => {
            faults.extend(more);
            Err(faults)
        }
    }
}

struct Reader<'a> {
    include: &'a dyn Fn(&str) -> Vec<(String, String)>,
    seen: HashSet<String>,
    sources: Vec<(String, String)>,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn read(&mut self, place: String, text: String) {
        let mut waiting = vec![(place, text)];
        while let Some((place, text)) = waiting.pop() {
            if !self.seen.insert(place.clone()) {
                continue;
            }
            let mut found = Vec::new();
            for (number, line) in sort(&text) {
                if let Line::Include(pattern) = line {
                    found.extend(self.find(&place, number, pattern));
                }
            }
            // The first file included is the next one read.
            waiting.extend(found.into_iter().rev());
            self.sources.push((place, text));
        }
    }

    fn find(&mut self, place: &str, number: usize, pattern: &str) -> Vec<(String, String)> {
        let pattern = pattern.replace('\\', "/");
        let found = (self.include)(&pattern);
        if found.is_empty() && !pattern.contains(['*', '?', '[']) {
            self.faults.push(Fault::new(format!("{place}:{number}"), format!("no file `{pattern}`")));
        }
        found
    }
}
