//! Settings from outside, the first source that says anything; they are kept.

use super::{Context, Data};
use crate::Problem;
use crate::settings::Told;

const RETRY: &str = "it is tried again at the next boot; until then DHCP is used";

pub(super) fn adopt(context: &mut Context<'_>) -> Result<(), Problem> {
    let told = gather(context)?;
    let failed = |path: &std::path::Path, error: std::io::Error| {
        Problem::new(path.display().to_string(), error.to_string(), RETRY)
    };
    if let Some(administrator) = &told.administrator
        && context.data == Data::OnDisk
    {
        let path = context.administrator();
        let text = serde_json::to_vec(administrator)
            .map_err(|e| Problem::new("administrator", e.to_string(), RETRY))?;
        context
            .disk
            .write(&path, 0o600, &text)
            .map_err(|e| failed(&path, e))?;
    }
    let path = context.places.settings();
    let text = serde_json::to_vec_pretty(&told.settings)
        .map_err(|e| Problem::new("settings", e.to_string(), RETRY))?;
    context
        .disk
        .write(&path, 0o600, &text)
        .map_err(|e| failed(&path, e))?;
    context.problems.extend(told.problems);
    Ok(())
}

fn gather(context: &mut Context<'_>) -> Result<Told, Problem> {
    let vm_data = context
        .sources
        .vm_data()
        .map_err(|e| Problem::new("vm-data", e, RETRY))?;
    if let Some(vm_data) = vm_data.filter(|data| !data.is_empty()) {
        return Ok(vm_data.told());
    }
    match context.sources.config_drive() {
        Ok(drive) => Ok(drive.map(|drive| drive.told()).unwrap_or_default()),
        // A damaged drive stays damaged: nothing is gained by asking it at each boot.
        Err(error) => Ok(Told {
            problems: vec![Problem::new("config drive", error, "DHCP is used instead")],
            ..Told::default()
        }),
    }
}
