//! Why the server ends a live connection: the close codes by which clients decide whether to come again.

/// The end of a connection as its client is told it. Codes below 3500 invite the client to come again after a
/// pause; from 3500 on coming again would end the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    pub code: u16,
    pub why: &'static str,
    /// Milliseconds that this client waits before it comes again, where the server spreads many of them.
    pub delay_ms: Option<u32>,
}

impl Close {
    const fn new(code: u16, why: &'static str) -> Close {
        Close { code, why, delay_ms: None }
    }

    /// The server stops.
    pub const SHUTDOWN: Close = Close::new(3001, "shutdown");
    /// A fault of the server.
    pub const FAULT: Close = Close::new(3002, "server error");
    /// The client took its frames too slowly, or does not answer.
    pub const SLOW: Close = Close::new(3008, "slow");
    /// Frames were lost on the way to this connection: the client reads anew.
    pub const INSUFFICIENT: Close = Close::new(3010, "insufficient");
    /// The account or the address has too many connections.
    pub const TOO_MANY: Close = Close::new(3012, "too many connections");
    /// Nobody logged in within the time for it, or by a token that is not good.
    pub const NOT_AUTHENTICATED: Close = Close::new(3500, "not authenticated");
    /// The login, the account, its rights or a membership ended.
    pub const RIGHTS_ENDED: Close = Close::new(3501, "rights ended");
    /// A frame that cannot be understood.
    pub const BAD_REQUEST: Close = Close::new(3503, "bad request");
    /// A frame above the limit.
    pub const LIMIT: Close = Close::new(3509, "limit");

    /// Every code the server closes with.
    pub const ALL: [Close; 9] = [
        Close::SHUTDOWN,
        Close::FAULT,
        Close::SLOW,
        Close::INSUFFICIENT,
        Close::TOO_MANY,
        Close::NOT_AUTHENTICATED,
        Close::RIGHTS_ENDED,
        Close::BAD_REQUEST,
        Close::LIMIT,
    ];

    pub fn after(mut self, delay_ms: u32) -> Close {
        self.delay_ms = Some(delay_ms);
        self
    }

    /// The reason of a close frame: a word, or JSON where there is more to tell.
    pub fn reason(&self) -> String {
        match self.delay_ms {
            None => self.why.to_owned(),
            Some(delay) => format!("{{\"why\":\"{}\",\"delay\":{delay}}}", self.why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_different_and_reasons_fit_into_a_close_frame() {
        for (at, close) in Close::ALL.iter().enumerate() {
            assert!(Close::ALL[..at].iter().all(|other| other.code != close.code), "{}", close.code);
            assert!((3000..4000).contains(&close.code));
            assert!(close.clone().after(u32::MAX).reason().len() <= 123);
        }
        assert_eq!(Close::SHUTDOWN.after(250).reason(), r#"{"why":"shutdown","delay":250}"#);
    }
}
