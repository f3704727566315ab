//! Operations that an administrator has blocked on a VM, put aside for as long as it takes.

use xapi_records::{Ref, record};
use xo_inventory::PoolHandle;

use super::super::entry::MapField;
use crate::Result;

/// Whether what is blocked stops an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blocked {
    /// The pool answers `OPERATION_BLOCKED`.
    Respected,
    /// The block is lifted, and put back afterwards.
    Bypassed,
}

impl Blocked {
    pub(super) fn bypassed_if(bypass: bool) -> Self {
        if bypass {
            Self::Bypassed
        } else {
            Self::Respected
        }
    }

    /// Does `work` while `operations` are not blocked on the VM, and blocks them again.
    pub(super) async fn around<T>(
        self,
        pool: &PoolHandle,
        vm: &Ref,
        operations: &[&str],
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        if self == Self::Respected {
            return work.await;
        }
        let field = MapField {
            class: "VM",
            reference: vm,
            field: "blocked_operations",
        };
        let blocked = pool
            .records(|records| {
                records
                    .get::<record::Vm>(vm)
                    .map(|vm| vm.blocked_operations.clone())
            })
            .unwrap_or_default();
        let mut lifted = Vec::new();
        let lifting = async {
            for operation in operations {
                if let Some(reason) = blocked.get(operation) {
                    field.put(&pool.session, operation, None).await?;
                    lifted.push((*operation, reason));
                }
            }
            Ok(())
        };
        let done = match lifting.await {
            Ok(()) => work.await,
            Err(error) => Err(error),
        };
        for (operation, reason) in lifted {
            let restored = field.put(&pool.session, operation, Some(reason)).await;
            // A VM that was deleted has nothing to block any more.
            if let Err(error) = restored
                && done.is_err()
            {
                tracing::warn!(%vm, operation, %error, "an operation that was blocked is not blocked any more");
            }
        }
        done
    }
}
