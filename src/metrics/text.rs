//! The text form that Prometheus reads (version 0.0.4).

use super::histogram::{BOUNDS, Histogram};
use std::fmt::Write;

#[derive(Default)]
pub struct Text(String);

type Labels<'a> = &'a [(&'a str, &'a str)];

impl Text {
    pub fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    pub fn value(&mut self, name: &str, labels: Labels<'_>, value: f64) {
        self.0.push_str(name);
        for (at, (label, text)) in labels.iter().enumerate() {
            self.0.push(if at == 0 { '{' } else { ',' });
            let _ = write!(self.0, "{label}=\"{}\"", escaped(text));
        }
        self.0.push_str(if labels.is_empty() { "" } else { "}" });
        let _ = writeln!(self.0, " {value}");
    }

    /// A family of one value.
    pub fn one(&mut self, name: &str, kind: &str, help: &str, value: f64) {
        self.family(name, kind, help);
        self.value(name, &[], value);
    }

    /// Nothing while there is nothing in it.
    pub fn histogram(&mut self, name: &str, labels: Labels<'_>, histogram: &Histogram) {
        let (counts, seconds) = histogram.read();
        let all: u64 = counts.iter().sum();
        if all == 0 {
            return;
        }
        let mut below = 0;
        for (at, count) in counts.iter().enumerate() {
            below += count;
            let bound = BOUNDS.get(at).map_or("+Inf".to_owned(), |micros| (*micros as f64 / 1e6).to_string());
            let mut labels = labels.to_vec();
            labels.push(("le", &bound));
            self.value(&format!("{name}_bucket"), &labels, below as f64);
        }
        self.value(&format!("{name}_sum"), labels, seconds);
        self.value(&format!("{name}_count"), labels, all as f64);
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_histograms_are_written_as_prometheus_reads_them() {
        let mut out = Text::default();
        out.one("a_total", "counter", "so many", 3.0);
        out.value("b", &[("x", "1\"\n\\"), ("y", "2")], 0.5);
        let histogram = Histogram::default();
        out.histogram("c", &[], &histogram);
        histogram.took(std::time::Duration::from_micros(700));
        out.histogram("c", &[("z", "q")], &histogram);
        let text = out.into_string();
        assert!(text.starts_with(
            "# HELP a_total so many\n# TYPE a_total counter\na_total 3\nb{x=\"1\\\"\\n\\\\\",y=\"2\"} 0.5\n"
        ));
        assert!(
            text.contains("c_bucket{z=\"q\",le=\"0.0005\"} 0\nc_bucket{z=\"q\",le=\"0.001\"} 1\n"),
            "{text}"
        );
        assert!(
            text.ends_with("c_bucket{z=\"q\",le=\"+Inf\"} 1\nc_sum{z=\"q\"} 0.0007\nc_count{z=\"q\"} 1\n"),
            "{text}"
        );
    }
}
