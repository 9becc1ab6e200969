//! The workspace as cargo sees it.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process::{cargo, output};

/// The workspace: its folders and packages.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    /// Cargo's target folder. Other workspaces build into folders of their own below it.
    pub(crate) target: PathBuf,
    pub(crate) packages: Vec<Package>,
}

/// How many of a commit's 40 digits are left when files have been changed since.
const COMMIT_DIGITS: usize = 32;

/// A member of the workspace.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) dependencies: Vec<String>,
    pub(crate) features: Vec<String>,
    pub(crate) membership: Membership,
}

/// Whether `cargo test` alone builds a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Membership {
    /// It needs nothing but Rust.
    Default,
    /// It needs LDK's long compile, or is built for boards only.
    Other,
}

/// The default members whose programs the tests of slow ones start. Program and package have one name.
pub(crate) const STARTED: [&str; 2] = ["countersign", "countersign-simulator"];

impl Workspace {
    pub(crate) fn find() -> Result<Self> {
        // The root's: asked about a member's, cargo takes that member alone for the default ones.
        let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml");
        let mut command = cargo();
        command.args(["metadata", "--no-deps", "--format-version=1", "--manifest-path", manifest]);
        let metadata: Value = serde_json::from_str(&output(&mut command)?)?;
        let folder = |key: &str| {
            metadata.get(key).and_then(Value::as_str).map(PathBuf::from).context("cargo metadata")
        };
        let list =
            |key: &str| metadata.get(key).and_then(Value::as_array).context("cargo metadata");
        let packages = list("packages")?;
        let default = list("workspace_default_members")?;
        Ok(Self {
            root: folder("workspace_root")?,
            target: folder("target_directory")?,
            packages: packages
                .iter()
                .map(|package| {
                    Package::read(package, default).context("a package in cargo metadata")
                })
                .collect::<Result<_>>()?,
        })
    }

    /// The commit that is built, in hexadecimal; its last eight digits are zeros when files have been
    /// changed since. `None` where git does not know.
    pub(crate) fn commit(&self) -> Option<String> {
        let git = |arguments: &[&str]| {
            let mut git = Command::new("git");
            let done = git.current_dir(&self.root).args(arguments).stderr(Stdio::null()).output();
            let done = done.ok().filter(|done| done.status.success())?;
            String::from_utf8(done.stdout).ok()
        };
        let commit = git(&["rev-parse", "HEAD"])?.trim_end().to_owned();
        if git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty() {
            return Some(commit);
        }
        let (kept, _) = commit.split_at_checked(COMMIT_DIGITS)?;
        Some(format!("{kept}00000000"))
    }

    /// The portable crates: the members in `crates/`.
    pub(crate) fn portable(&self) -> impl Iterator<Item = &Package> {
        let crates = self.root.join("crates");
        self.packages.iter().filter(move |package| package.folder.starts_with(&crates))
    }

    /// The members that run on a computer and that `cargo test` alone leaves out.
    pub(crate) fn slow(&self) -> impl Iterator<Item = &Package> {
        let firmware = self.root.join("firmware");
        self.packages.iter().filter(move |package| {
            package.membership == Membership::Other && !package.folder.starts_with(&firmware)
        })
    }

    /// Cargo on all of [`Self::slow`], of which a `--test` or a `--bin` may take one part.
    ///
    /// Whatever is built, it is built for the features that all of them together ask for: by itself, a
    /// part would have its dependencies, LDK among them, compiled once more for its own.
    pub(crate) fn cargo_slow(&self, verb: &str) -> Command {
        let mut command = cargo();
        command.current_dir(&self.root).arg(verb);
        command.args(self.slow().flat_map(|package| ["--package", &package.name]));
        command
    }

    /// Builds `programs` as [`Self::cargo_slow`] does, and says which folder they are in.
    pub(crate) fn build_programs(&self, programs: &[&str]) -> Result<PathBuf> {
        let mut build = self.cargo_slow("build");
        build.arg("--quiet");
        for package in STARTED {
            build.args(["--package", package]);
        }
        for program in programs {
            build.args(["--bin", program]);
        }
        // In silence: some verbs print JSON and nothing else.
        output(&mut build).context("the first build takes some minutes, and it failed")?;
        Ok(self.target.join("debug"))
    }

    pub(crate) fn has(&self, package: &str) -> bool {
        self.packages.iter().any(|member| member.name == package)
    }

    /// The members that `name` depends on, itself included.
    pub(crate) fn closure<'a>(&'a self, name: &'a str) -> Vec<&'a str> {
        let mut found = vec![name];
        let mut next = 0;
        while let Some(current) = found.get(next).copied() {
            let package = self.packages.iter().find(|package| package.name == current);
            for dependency in package.iter().flat_map(|package| &package.dependencies) {
                if self.has(dependency) && !found.contains(&dependency.as_str()) {
                    found.push(dependency);
                }
            }
            next = next.saturating_add(1);
        }
        found
    }
}

impl Package {
    fn read(package: &Value, default: &[Value]) -> Option<Self> {
        let name = package.get("name")?.as_str()?.to_owned();
        let manifest = PathBuf::from(package.get("manifest_path")?.as_str()?);
        let dependencies = package.get("dependencies")?.as_array()?;
        let linked = dependencies.iter().filter(|each| {
            // Development and build dependencies carry a kind; what is linked has none.
            each.get("kind").is_none_or(Value::is_null)
        });
        Some(Self {
            name,
            folder: manifest.parent()?.to_owned(),
            dependencies: linked
                .filter_map(|each| Some(each.get("name")?.as_str()?.to_owned()))
                .collect(),
            features: package.get("features")?.as_object()?.keys().cloned().collect(),
            membership: if default.contains(package.get("id")?) {
                Membership::Default
            } else {
                Membership::Other
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use super::*;

    /// The folders that a list in the root's manifest names, those behind `crates/*` included.
    fn listed(workspace: &Workspace, list: &str) -> BTreeSet<PathBuf> {
        let manifest = fs::read_to_string(workspace.root.join("Cargo.toml")).unwrap();
        let (_, rest) = manifest.split_once(&format!("\n{list} = [")).unwrap();
        let (entries, _) = rest.split_once(']').unwrap();
        let entries = entries.split('"').skip(1).step_by(2);
        let folders = entries.flat_map(|entry| match entry.strip_suffix("/*") {
            Some(parent) => fs::read_dir(workspace.root.join(parent))
                .unwrap()
                .map(|folder| folder.unwrap().path())
                .collect(),
            None => vec![workspace.root.join(entry)],
        });
        folders.collect()
    }

    #[test]
    fn the_default_members_are_those_of_the_roots_manifest() {
        let workspace = Workspace::find().unwrap();
        let default =
            workspace.packages.iter().filter(|package| package.membership == Membership::Default);
        let default: BTreeSet<PathBuf> = default.map(|package| package.folder.clone()).collect();
        assert_eq!(default, listed(&workspace, "default-members"));
    }

    #[test]
    fn a_member_is_a_default_one_or_slow_or_firmware() {
        let workspace = Workspace::find().unwrap();
        let firmware = workspace.root.join("firmware");
        let mut expected = listed(&workspace, "members");
        expected.retain(|folder| !folder.starts_with(&firmware));
        for folder in listed(&workspace, "default-members") {
            assert!(expected.remove(&folder), "{}", folder.display());
        }
        assert!(expected.contains(&workspace.root.join("host-tools/bridge")));
        let slow: BTreeSet<PathBuf> =
            workspace.slow().map(|package| package.folder.clone()).collect();
        assert_eq!(slow, expected);
    }
}
