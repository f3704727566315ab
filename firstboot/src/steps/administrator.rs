//! The first administrator, when the settings name one. Its password does not stay, whatever comes of it.

use super::Context;
use crate::Problem;
use crate::settings::Administrator;

const SCREEN: &str = "make the administrator in the web client, with the setup code of the screen";

pub(super) fn make(context: &mut Context<'_>) -> Result<(), Problem> {
    let path = context.administrator();
    let trouble = |what: String| Problem::new("first administrator", what, SCREEN);
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(trouble(e.to_string())),
    };
    match serde_json::from_slice::<Administrator>(&text) {
        Ok(administrator) => {
            if let Err(error) = context.server.make_administrator(&administrator) {
                context.problems.push(trouble(error));
            }
        }
        Err(error) => context.problems.push(trouble(error.to_string())),
    }
    std::fs::remove_file(&path).map_err(|e| trouble(e.to_string()))
}
