//! To come.
use crate::repo::Repo;
/// To come.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {}
pub(crate) fn task(_repo: &Repo, _arguments: &Arguments) -> anyhow::Result<()> {
    Ok(())
}
