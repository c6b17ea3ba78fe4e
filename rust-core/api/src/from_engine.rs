//! Numbers for the errors of tmli-engine.

use tmli_engine::{EngineError, FailureClass};

use crate::{ApiError, ErrorNumber};

impl From<EngineError> for ApiError {
    fn from(error: EngineError) -> Self {
        let number = match &error {
            EngineError::WorkerNotFound { .. } => ErrorNumber::WorkerNotFound,
            EngineError::WorkerStart { .. } => ErrorNumber::WorkerStart,
            EngineError::WorkerEnded { .. } => ErrorNumber::WorkerEnded,
            EngineError::WorkerSilent { .. } => ErrorNumber::WorkerSilent,
            EngineError::Protocol { .. } => ErrorNumber::WorkerVersion,
            EngineError::Request { .. } => ErrorNumber::Option,
            EngineError::System { .. } => ErrorNumber::SharedMemory,
            EngineError::Job { class, .. } => job(*class),
            EngineError::Cancelled => ErrorNumber::Cancelled,
            EngineError::Stopped => ErrorNumber::EngineStopped,
            EngineError::NotDone => ErrorNumber::NotDone,
            EngineError::Taken => ErrorNumber::Taken,
        };
        let own_hint = match &error {
            // These know the case better than the table.
            EngineError::WorkerEnded { hint, .. } => hint,
            EngineError::Job { hint, .. } => hint.as_str(),
            _ => "",
        };
        Self::new(number, error.to_string()).with_hint(own_hint)
    }
}

const fn job(class: FailureClass) -> ErrorNumber {
    match class {
        FailureClass::Request => ErrorNumber::JobRequest,
        FailureClass::Volume => ErrorNumber::JobVolume,
        FailureClass::Model => ErrorNumber::ModelRefused,
        FailureClass::Memory => ErrorNumber::JobMemory,
        FailureClass::Libtorch => ErrorNumber::JobLibtorch,
        FailureClass::Defect => ErrorNumber::WorkerDefect,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workers_own_hint_wins_over_the_tables() {
        let failed = |hint: &str| {
            let message = "no memory".to_owned();
            ApiError::from(EngineError::Job { class: FailureClass::Memory, message, hint: hint.to_owned() })
        };
        assert_eq!(failed("use the CPU").hint, "use the CPU");
        assert_eq!(failed("").hint, ErrorNumber::JobMemory.hint());
        assert_eq!(failed("").number as i32, 412);
    }
}
