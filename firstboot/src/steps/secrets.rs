//! Secrets do not stay in XenStore. They were kept by the step before.

use super::Context;
use crate::Problem;

pub(super) fn forget(context: &mut Context<'_>) -> Result<(), Problem> {
    let found = context.sources.forget_secrets().map_err(|error| {
        Problem::new(
            "vm-data",
            error,
            "a password may still stand there: remove it on the pool",
        )
    })?;
    if found {
        context.problems.push(Problem::new(
            "vm-data",
            "a password stood there and was removed",
            "the pool's database may still hold it: remove it there too (xe vm-param-remove)",
        ));
    }
    Ok(())
}
