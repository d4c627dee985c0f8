//! Counters of live connections, for `/metrics`.

use super::close::Close;
use crate::metrics::Text;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

#[derive(Default)]
pub struct Stats {
    connections: AtomicI64,
    subscriptions: AtomicI64,
    frames: AtomicU64,
    dropped: AtomicU64,
    recovered: [AtomicU64; 2],
    /// By the place of the code in `Close::ALL`, and those that clients ended.
    closes: [AtomicU64; Close::ALL.len()],
    left: AtomicU64,
}

impl Stats {
    pub fn opened(&self) {
        self.connections.fetch_add(1, Relaxed);
    }

    /// A connection is gone; None when its client ended it, or the network.
    pub fn closed(&self, close: Option<&Close>) {
        self.connections.fetch_sub(1, Relaxed);
        let place = close.and_then(|close| Close::ALL.iter().position(|known| known.code == close.code));
        place.and_then(|at| self.closes.get(at)).unwrap_or(&self.left).fetch_add(1, Relaxed);
    }

    pub fn subscribed(&self) {
        self.subscriptions.fetch_add(1, Relaxed);
    }

    pub fn unsubscribed(&self) {
        self.subscriptions.fetch_sub(1, Relaxed);
    }

    /// Frames that were put out for subscriptions.
    pub fn delivered(&self, frames: u64) {
        self.frames.fetch_add(frames, Relaxed);
    }

    /// Fleeting frames that were given up.
    pub fn dropped(&self, frames: u64) {
        self.dropped.fetch_add(frames, Relaxed);
    }

    /// A client came again, and was given what it had missed, or told to read anew.
    pub fn recovered(&self, whole: bool) {
        let [failed, done] = &self.recovered;
        if whole { done } else { failed }.fetch_add(1, Relaxed);
    }

    pub fn connections(&self) -> i64 {
        self.connections.load(Relaxed)
    }

    pub fn write(&self, out: &mut Text) {
        out.one("jindou_live_connections", "gauge", "open live connections", self.connections() as f64);
        let subscriptions = self.subscriptions.load(Relaxed) as f64;
        out.one("jindou_live_subscriptions", "gauge", "subscriptions of them", subscriptions);
        let frames = self.frames.load(Relaxed) as f64;
        out.one("jindou_live_deliveries_total", "counter", "frames put out for subscriptions", frames);
        let dropped = self.dropped.load(Relaxed) as f64;
        out.one(
            "jindou_live_dropped_total",
            "counter",
            "fleeting frames given up for slow connections",
            dropped,
        );
        let recoveries = "jindou_live_recoveries_total";
        out.family(recoveries, "counter", "clients that came again and were given what they missed, or not");
        for (count, whole) in self.recovered.iter().zip(["0", "1"]) {
            out.value(recoveries, &[("whole", whole)], count.load(Relaxed) as f64);
        }
        let closes = "jindou_live_closes_total";
        out.family(closes, "counter", "live connections that ended, by close code; 0 = by their clients");
        for (count, close) in self.closes.iter().zip(Close::ALL) {
            out.value(closes, &[("code", &close.code.to_string())], count.load(Relaxed) as f64);
        }
        out.value(closes, &[("code", "0")], self.left.load(Relaxed) as f64);
    }
}
