//! How libtorch's threads wait for one another.

/// Read by the OpenMP runtime once, before `main`.
const WAIT_POLICY: &str = "OMP_WAIT_POLICY";

/// Starts this program again, in the same process, with libtorch's threads sleeping while they wait.
///
/// By default they spin, and training takes several times as long as soon as anything else runs on the same cores
/// (`cargo test --release -p tmli-nn --test training_speed -- --ignored --nocapture` shows it). A policy that the user
/// has set is left alone.
pub(crate) fn sleep_while_waiting() {
    #[cfg(unix)]
    if std::env::var_os(WAIT_POLICY).is_none()
        && let Ok(program) = std::env::current_exe()
    {
        use std::os::unix::process::CommandExt as _;
        let mut arguments = std::env::args_os();
        let mut again = std::process::Command::new(program);
        if let Some(name) = arguments.next() {
            again.arg0(name);
        }
        // Returns only when it failed: then this process goes on, slower on a busy machine.
        let _failed = again.args(arguments).env(WAIT_POLICY, "passive").exec();
    }
}
