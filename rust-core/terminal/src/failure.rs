//! How a command ends when it does not succeed: what happened, what to do, and the exit code.

use std::fmt;

/// Why a command ended early.
#[derive(Debug)]
pub enum Failure {
    /// The user stopped it (exit code 130).
    Cancelled {
        /// What is on the disk now, and how to go on.
        hint: String,
    },
    /// The command line asks for something that makes no sense (exit code 2).
    Usage(Text),
    /// Anything else (exit code 1).
    Error(Text),
}

/// What happened and, where the message does not say it already, what to do.
#[derive(Debug)]
pub struct Text {
    message: String,
    advice: Option<String>,
}

/// What a command returns.
pub type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    /// A message that says itself what to do.
    pub fn new(message: impl Into<String>) -> Self {
        Self::Error(Text { message: message.into(), advice: None })
    }

    /// What happened, and what to do.
    pub fn advise(message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::Error(Text { message: message.into(), advice: Some(advice.into()) })
    }

    /// A wrong command line, and how to write it.
    pub fn usage(message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::Usage(Text { message: message.into(), advice: Some(advice.into()) })
    }

    /// Stopped by the user, with nothing left behind.
    pub fn cancelled() -> Self {
        Self::Cancelled { hint: "nothing was written".into() }
    }

    /// As the shell sees it.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Cancelled { .. } => 130,
            Self::Usage(_) => 2,
            Self::Error(_) => 1,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled { hint } => write!(f, "cancelled: {hint}"),
            Self::Usage(text) | Self::Error(text) => {
                write!(f, "error: {}", text.message)?;
                text.advice.as_ref().map_or(Ok(()), |advice| write!(f, "\n  what to do: {advice}"))
            }
        }
    }
}

/// Says which argument an error of a library is about: libraries name no paths, the user typed this one.
pub trait Explain<T> {
    /// Puts `what` before the library's message.
    fn explain(self, what: impl fmt::Display) -> Outcome<T>;

    /// The same, with what to do when the library's message does not say it.
    fn explain_with(self, what: impl fmt::Display, advice: &str) -> Outcome<T>;
}

impl<T, E: std::error::Error> Explain<T> for Result<T, E> {
    fn explain(self, what: impl fmt::Display) -> Outcome<T> {
        self.map_err(|e| Failure::new(format!("{what}: {e}")))
    }

    fn explain_with(self, what: impl fmt::Display, advice: &str) -> Outcome<T> {
        self.map_err(|e| Failure::advise(format!("{what}: {e}"), advice))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_happened_and_what_to_do() {
        let failure = Failure::advise("the folder is empty", "choose another");
        assert_eq!(failure.to_string(), "error: the folder is empty\n  what to do: choose another");
        assert_eq!(failure.exit_code(), 1);
        assert_eq!(Failure::cancelled().exit_code(), 130);
    }
}
