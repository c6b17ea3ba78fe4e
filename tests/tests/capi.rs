//! `libtmli` as C and C++ programs use it: found with CMake, built without a warning, run under AddressSanitizer.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use tempfile::TempDir;
use tmli_tests::{Run, child, finish, folder, tmli};

const SANITIZE: &str = "-fsanitize=address -fno-omit-frame-pointer -g";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests lie in the repository").to_owned()
}

/// CMake and where it finds ninja: what `cargo xtask test` sets up, else the system's.
fn cmake() -> Option<(PathBuf, Option<PathBuf>)> {
    let own = repository().join(".deps/cmake/bin");
    if own.join("cmake").is_file() {
        return Some((own.join("cmake"), Some(own.join("ninja"))));
    }
    let works = Command::new("cmake").arg("--version").output().is_ok_and(|output| output.status.success());
    if !works {
        eprintln!("skipped: no cmake; cargo xtask test sets one up");
    }
    works.then(|| ("cmake".into(), None))
}

/// Runs CMake and demands success.
#[track_caller]
fn run_cmake(arguments: &[&dyn AsRef<std::ffi::OsStr>]) {
    let (program, _) = cmake().expect("looked for before");
    let mut command = Command::new(program);
    let target = tmli().ancestors().nth(2).expect("target/release/tmli").to_owned();
    finish(command.args(arguments).env("CARGO_TARGET_DIR", target)).succeeds();
}

#[track_caller]
fn configure(source: &Path, build: &Path, definitions: &[String]) {
    let ninja = cmake().and_then(|(_, ninja)| ninja);
    let generator = ninja.map(|ninja| ["-GNinja".to_owned(), format!("-DCMAKE_MAKE_PROGRAM={}", ninja.display())]);
    let words: Vec<&String> = generator.iter().flatten().chain(definitions).collect();
    let mut arguments: Vec<&dyn AsRef<std::ffi::OsStr>> = vec![&"-S", &source, &"-B", &build];
    arguments.extend(words.iter().map(|word| *word as &dyn AsRef<std::ffi::OsStr>));
    run_cmake(&arguments);
}

/// The library's build tree, its install tree and the programs, built once for all tests; `None` without CMake.
fn built() -> Option<&'static Path> {
    static BUILT: OnceLock<TempDir> = OnceLock::new();
    cmake()?;
    let made = BUILT.get_or_init(|| {
        let made = folder();
        let [library, installed, programs] = ["library", "installed", "programs"].map(|name| made.path().join(name));
        configure(&repository().join("cmake"), &library, &[]);
        run_cmake(&[&"--build", &library]);
        run_cmake(&[&"--install", &library, &"--prefix", &installed]);
        let flags = ["C", "CXX"].map(|language| format!("-DCMAKE_{language}_FLAGS={SANITIZE}"));
        let prefix = format!("-DCMAKE_PREFIX_PATH={}", installed.display());
        configure(&repository().join("tests/capi"), &programs, &[&flags[..], &[prefix]].concat());
        run_cmake(&[&"--build", &programs]);
        made
    });
    Some(made.path())
}

fn program(built: &Path, name: &str) -> Command {
    let mut command = Command::new(built.join("programs").join(name));
    // Memory that no machine has is answered as by the system itself, not by ending the program.
    command.env("ASAN_OPTIONS", "detect_leaks=1:allocator_may_return_null=1").env("RUST_BACKTRACE", "0");
    command
}

fn on_child(built: &Path, name: &str, rest: &[&str]) -> Run {
    let child = child(1);
    finish(program(built, name).arg(child.join("ct")).arg(child.join("rtstruct.dcm")).args(rest))
}

#[test]
fn a_c_program_of_thirty_lines_makes_a_margin_that_is_right_on_thick_slices() {
    let Some(built) = built() else { return };
    let run = finish(&mut program(built, "margin"));
    // By brute force: 460 voxels lie within 5 mm of the 100, each neighbouring slice has no more than the square itself.
    assert_eq!(run.succeeds(), "0.50 ml, then 2.80 ml: DSC 0.3030\n");
}

#[test]
fn a_c_program_reads_rasterises_traces_and_compares() {
    let Some(built) = built() else { return };
    let run = on_child(built, "compare", &["Liver"]);
    assert!(run.succeeds().starts_with("Liver: DSC 1.000, HD95 0.00 mm"), "{}", run.stdout);
    let run = on_child(built, "compare", &["Livr"]);
    run.fails_saying(&["error 113", "no structure \"Livr\"", "Liver"]);
}

#[test]
fn a_cpp_program_expands_and_writes_a_structure_set_that_tmli_reads() {
    let Some(built) = built() else { return };
    let out = folder();
    let file = out.path().join("out.dcm");
    let name = file.to_str().expect("a temporary path is text");
    let run = on_child(built, "compare_cpp", &["Liver", name]);
    assert!(run.succeeds().contains("HD95 5 mm\nwrote 2 structures"), "{}", run.stdout);
    let scores = tmli_tests::compare(&child(1).join("ct"), &child(1).join("rtstruct.dcm"), &file);
    let liver = scores.iter().find(|score| score.structure == "Liver").expect("the liver was written");
    assert_eq!(liver.dsc, 1.0);
    on_child(built, "compare_cpp", &["Liver", name]).fails_saying(&["error 222", "exists already"]);
}

#[test]
fn a_cpp_program_segments_in_the_worker() {
    let Some(built) = built() else { return };
    let worker = tmli().with_file_name("tmli-worker");
    let out = folder();
    let file = out.path().join("auto.dcm");
    let model = repository().join("demo/models/all-2d");
    let mut command = program(built, "segment");
    let run = finish(command.arg(child(1).join("ct")).arg(&model).arg(&file).env("TMLI_WORKER", worker));
    let words = run.succeeds();
    let liver = words.lines().find(|line| line.starts_with("Liver: ")).expect("the liver was found");
    let number = |after: &str| -> f64 {
        let found = liver.split(after).nth(1).and_then(|rest| rest.split([' ', ',']).next()).expect(liver);
        found.parse().expect(liver)
    };
    let manifest = fs::read_to_string(model.join("model.json")).expect("a manifest");
    let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
    let scores = manifest["validation"].as_array().and_then(|all| all.iter().find(|s| s["structure"] == "Liver"));
    for (after, key) in [("validation DSC ", "dsc"), ("HD95 ", "hd95_mm")] {
        let expected = scores.and_then(|score| score[key].as_f64()).expect("the liver was validated");
        assert!((number(after) / expected - 1.0).abs() < 1e-4, "{liver}, not {expected}");
    }
    assert!(file.is_file());
}

#[test]
fn misuse_ends_in_a_numbered_error_and_never_in_a_crash() {
    let Some(built) = built() else { return };
    finish(&mut program(built, "misuse")).succeeds();
    finish(&mut program(built, "misuse_cpp")).succeeds();
}

#[test]
fn the_build_tree_is_found_as_well_as_the_install_tree() {
    let Some(built) = built() else { return };
    let programs = folder();
    let tree = format!("-Dtmli_DIR={}", built.join("library").display());
    configure(&repository().join("tests/capi"), programs.path(), &[tree]);
    run_cmake(&[&"--build", &programs.path(), &"--target", &"misuse"]);
    finish(&mut Command::new(programs.path().join("misuse"))).succeeds();
}

#[test]
fn the_library_loads_no_libtorch_and_shows_nothing_but_its_own_functions() {
    let Some(built) = built() else { return };
    let library = built.join("installed/lib/libtmli.so.1");
    let needs = finish(Command::new("ldd").arg(&library));
    let needs = needs.succeeds();
    assert!(needs.contains("libc.so"), "{needs}");
    assert!(!["torch", "libc10", "cuda", "openjp2"].iter().any(|word| needs.contains(word)), "{needs}");
    let symbols = finish(Command::new("nm").args(["-D", "--defined-only"]).arg(&library));
    let foreign: Vec<&str> =
        symbols.succeeds().lines().filter(|line| !line.contains(" T tmli_")).filter(|line| !line.is_empty()).collect();
    assert!(foreign.is_empty(), "a host's own OpenJPEG could meet ours: {foreign:?}");
}

#[test]
fn the_examples_of_the_how_to_are_the_programs_that_are_tested() {
    let page = fs::read_to_string(repository().join("docs/how-to/call-from-cpp.md")).expect("the page is there");
    for (language, file) in [("c", "margin.c"), ("cpp", "compare_cpp.cpp"), ("cpp", "segment.cpp")] {
        let source = fs::read_to_string(repository().join("tests/capi").join(file)).expect("the program is there");
        assert!(page.contains(&format!("```{language}\n{source}```")), "{file} differs from its example on the page");
    }
}
