//! `tmli-worker validate`: how good models are on a cohort, and which pieces of their masks are islands.

use std::path::Path;

use tmli_model::{check_model_folder, read_manifest};
use tmli_nn::{CaseRoles, Device, Manifest, NnError, choose_device, validate_again};
use tmli_terminal::{
    cancel,
    failure::{Explain, Failure, Outcome},
    files::{require_folder, shown},
    output::print,
    progress::{Progress, Verbosity},
    validate_args::ValidateArgs,
};

use crate::{scores, train_source::Cohort};

/// Runs the command.
pub(crate) fn run(args: &ValidateArgs, verbosity: Verbosity) -> Outcome {
    // All folders first: hours may lie between the first and the last.
    for dir in &args.model {
        require_folder(dir, "--model")?;
        check_model_folder(dir).explain(shown("--model", dir))?;
    }
    let (device, reason) = choose_device(args.device);
    verbosity.note(format_args!("device: {reason}"));
    for dir in &args.model {
        one(args, dir, device, verbosity)?;
    }
    Ok(())
}

fn one(args: &ValidateArgs, dir: &Path, device: Device, verbosity: Verbosity) -> Outcome {
    let manifest = read_manifest(dir).explain(shown("--model", dir))?;
    let source = Cohort::open(&args.cohort, args.names.load()?, &manifest.structures, verbosity)?;
    let roles = if args.other_cohort {
        CaseRoles { validated: source.ids(), ..CaseRoles::default() }
    } else {
        CaseRoles::of(&manifest, &source.ids())
    };
    verbosity.note(describe_roles(&manifest, &roles));
    let total = roles.learned.len().max(roles.validated.len()) + roles.validated.len();
    let mut progress = Progress::new(verbosity, "validating", total);
    let result = validate_again(dir, &roles, &source, device, &mut |n| {
        progress.set(n, total, &format!("case {} of {total}", n + 1));
        cancel::flow()
    });
    progress.clear();
    let manifest = result.map_err(|error| match error {
        NnError::Cancelled => Failure::Cancelled { hint: format!("{} is as it was", shown("--model", dir)) },
        other => Failure::new(format!("{}: {other}", shown("--model", dir))),
    })?;
    print(format_args!("{}\n{}", manifest.name, scores::table(&manifest)))
}

fn describe_roles(manifest: &Manifest, roles: &CaseRoles) -> String {
    let list = |ids: &[String]| if ids.is_empty() { String::new() } else { format!(" ({})", ids.join(", ")) };
    format!(
        "model \"{}\": {} cases to validate on{}, it learned from {}, {} are left for the test",
        manifest.name,
        roles.validated.len(),
        list(&roles.validated),
        roles.learned.len(),
        roles.left_out.len()
    )
}
