//! Asking the worker where it would compute.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use tmli_terminal::probe::Probe;

/// A driver that hangs is as useless as one that crashes.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs `tmli-worker probe`; an error says how that ended.
pub(crate) fn probe(program: &Path) -> Result<Probe, String> {
    let cannot = |e: std::io::Error| format!("libtorch could not be tried ({e})");
    let mut child = Command::new(program)
        .arg("probe")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(cannot)?;
    let start = Instant::now();
    while child.try_wait().map_err(cannot)?.is_none() {
        if start.elapsed() > LIMIT {
            // It may have ended meanwhile; either way it gave no answer in time.
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("libtorch gave no answer in {} s", LIMIT.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = child.wait_with_output().map_err(cannot)?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        let last = words.lines().last().map_or(String::new(), |line| format!(": {line}"));
        return Err(format!("trying libtorch ended with {}{last}", output.status));
    }
    let answer = String::from_utf8_lossy(&output.stdout).into_owned();
    serde_json::from_str(answer.trim()).map_err(|e| format!("{} is no worker of TMLI: {e}", program.display()))
}
