//! Work that somebody may want to stop: the tasks of the pool that it waits for are then cancelled, and it ends as they end.
//!
//! Invariant: what begins after that is not touched, so that work which was stopped can clear up behind itself.

use tokio_util::sync::CancellationToken;

tokio::task_local! {
    static ABORT: CancellationToken;
}

/// Runs `work`; when `abort` is cancelled, the pool's tasks that it waits for at that moment are cancelled where XAPI allows it.
pub async fn abortable<F: Future>(abort: CancellationToken, work: F) -> F::Output {
    ABORT.scope(abort, work).await
}

/// True in work that somebody has asked to stop.
pub fn is_aborted() -> bool {
    ABORT
        .try_with(CancellationToken::is_cancelled)
        .unwrap_or(false)
}

/// What something that begins now listens to: comes back when somebody asks to stop from now on.
pub(crate) fn asked() -> impl Future<Output = ()> + Send {
    let abort = ABORT.try_with(CancellationToken::clone).ok();
    let abort = abort.filter(|abort| !abort.is_cancelled());
    async move {
        match abort {
            Some(abort) => abort.cancelled_owned().await,
            None => std::future::pending().await,
        }
    }
}
