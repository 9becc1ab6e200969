use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use countersign_link::NodeId;
use zeroize::Zeroizing;

/// The file that a device's bridge key is kept in unless another one is named.
pub(crate) fn usual_name(device: &NodeId) -> String {
    let [start @ .., _, _] = &device.0;
    format!("bridge-{}.key", hex::encode(start.first_chunk::<8>().unwrap_or(&[0; 8])))
}

/// The key in the file, 64 hex digits; `None` when there is no file.
///
/// # Errors
/// The file is readable by others, cannot be read, or holds something else.
pub(crate) fn read(path: &Path) -> anyhow::Result<Option<Zeroizing<[u8; 32]>>> {
    let name = path.display();
    let mode = match fs::metadata(path) {
        Ok(metadata) => metadata.permissions().mode(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("{name} cannot be read")),
    };
    if mode & 0o077 != 0 {
        bail!("{name} holds the bridge's key and others may read it: run `chmod 600 {name}`");
    }
    let text =
        Zeroizing::new(fs::read_to_string(path).with_context(|| format!("{name} cannot be read"))?);
    let mut key = Zeroizing::new([0; 32]);
    match hex::decode_to_slice(text.trim_end(), key.as_mut_slice()) {
        Ok(()) => Ok(Some(key)),
        Err(_) => bail!("{name} is no bridge key: remove it, and the device is asked again"),
    }
}

/// Keeps a key, for its owner's eyes only.
///
/// # Errors
/// The folder cannot be written to.
pub(crate) fn write(path: &Path, key: &[u8; 32]) -> anyhow::Result<()> {
    let text = Zeroizing::new(hex::encode(key));
    let save = || -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        // A key cut short by a loss of power would be taken for a damaged one for ever.
        let unfinished = path.with_extension("new");
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&unfinished)?;
        writeln!(file, "{}", text.as_str())?;
        file.sync_all()?;
        fs::rename(&unfinished, path)
    };
    save().with_context(|| format!("{} cannot be written", path.display()))
}

#[cfg(test)]
mod tests {
    use countersign_link::Bytes;

    use super::*;

    #[test]
    fn a_key_is_kept_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/folder").join(usual_name(&Bytes([2; 33])));
        assert!(read(&path).unwrap().is_none());
        write(&path, &[7; 32]).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(*read(&path).unwrap().unwrap(), [7; 32]);
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        write(&path, &[7; 32]).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("chmod 600"));
    }

    #[test]
    fn a_file_with_something_else_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        write(&path, &[7; 32]).unwrap();
        fs::write(&path, "not a key").unwrap();
        assert!(read(&path).is_err());
    }
}
