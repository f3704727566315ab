//! The npm packages whose code is in the web client, from its lock file.

use std::path::Path;

use serde_json::Value;

use super::{Part, SbomError, read};

pub(super) fn parts(lock: &Path) -> Result<Vec<Part>, SbomError> {
    let text = read(lock, "is this a checkout?")?;
    let place = || lock.display().to_string();
    let lock: Value =
        serde_json::from_str(&text).map_err(|e| SbomError::unexpected(place(), &e))?;
    listed(&lock).ok_or_else(|| SbomError::unexpected(place(), &"it has no `packages`"))
}

fn listed(lock: &Value) -> Option<Vec<Part>> {
    const FOLDER: &str = "node_modules/";
    let packages = lock["packages"].as_object()?;
    let used = packages
        .iter()
        .filter(|(_, package)| package["dev"] != true && package["optional"] != true);
    Some(
        used.filter_map(|(path, package)| {
            let (_, name) = path.rsplit_once(FOLDER)?;
            let version = package["version"].as_str()?;
            Some(Part {
                name: name.to_owned(),
                version: version.to_owned(),
                licence: package["license"].as_str().map(str::to_owned),
                purl: format!("pkg:npm/{}@{version}", name.replace('@', "%40")),
            })
        })
        .collect(),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tools_of_development_are_not_listed() {
        let lock = json!({ "packages": {
            "": { "name": "web" },
            "node_modules/react": { "version": "19.0.0", "license": "MIT" },
            "node_modules/vite": { "version": "7.0.0", "dev": true },
            "node_modules/a/node_modules/@b/c": { "version": "1.0.0" },
        } });
        let purls: Vec<_> = listed(&lock)
            .unwrap()
            .into_iter()
            .map(|part| part.purl)
            .collect();
        assert_eq!(purls.len(), 2);
        assert!(purls.contains(&"pkg:npm/%40b/c@1.0.0".to_owned()));
    }
}
