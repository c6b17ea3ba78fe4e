//! The tasks of this repository, started as `cargo xtask TASK`. See `cargo xtask --help`.
//!
//! Every task sets up what it needs first, can be interrupted and started again, and says what it downloads.
#![forbid(unsafe_code)]
// A program for the terminal: printing is its job.
#![allow(clippy::print_stdout)]

mod app;
mod bench;
mod bench_dicom;
mod bench_engine;
mod bench_limits;
mod bench_metrics;
mod bench_polls;
mod bench_python;
mod bench_solids;
mod codegen;
mod demo;
mod demo_models;
mod dicom_peers;
mod fuzz;
mod gpu_checks;
mod lint;
mod lock;
mod ohif;
mod process;
mod python_tests;
mod repo;
mod rules;
mod setup;
mod table;
mod test;
mod test_app;
mod test_python;
mod test_slicer;
mod wheels;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::repo::Repo;

/// The tasks of the TMLI repository.
///
/// Every task sets up what it needs first. No variable has to be set, nothing outside this folder is changed.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    Setup(setup::Arguments),
    Demo(demo::Arguments),
    App(app::Arguments),
    DemoModels(demo_models::Arguments),
    Test(test::Arguments),
    Wheels(wheels::Arguments),
    Bench(bench::Arguments),
    Fuzz(fuzz::Arguments),
    GpuChecks(gpu_checks::Arguments),
    Lint(lint::Arguments),
    Codegen(codegen::Arguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let repo = Repo::find();
    let result = match arguments.task {
        Task::Setup(a) => setup::task(&repo, &a),
        Task::Demo(a) => demo::task(&repo, &a),
        Task::App(a) => app::task(&repo, &a),
        Task::DemoModels(a) => demo_models::task(&repo, &a),
        Task::Test(a) => test::task(&repo, &a),
        Task::Wheels(a) => wheels::task(&repo, &a),
        Task::Bench(a) => bench::task(&repo, &a),
        Task::Fuzz(a) => fuzz::task(&repo, &a),
        Task::GpuChecks(a) => gpu_checks::task(&repo, &a),
        Task::Lint(a) => lint::task(&repo, &a),
        Task::Codegen(a) => codegen::task(&repo, &a),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
