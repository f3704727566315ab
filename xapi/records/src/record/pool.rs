//! The pool itself and what belongs to it as a whole: messages, tasks, patches and updates.

use super::record;
use crate::{Id, Ref, StrMap, Word};

record! {
    /// A pool: exactly one per connection.
    Pool {
        uuid: Id = "uuid",
        name_label: Box<str> = "name_label",
        name_description: Word = "name_description",
        master: Ref = "master",
        default_sr: Ref = "default_SR",
        suspend_image_sr: Ref = "suspend_image_SR",
        crash_dump_sr: Ref = "crash_dump_SR",
        other_config: StrMap = "other_config",
        ha_enabled: bool = "ha_enabled",
        ha_configuration: StrMap = "ha_configuration",
        ha_statefiles: Box<[Ref]> = "ha_statefiles",
        ha_reboot_vm_on_internal_shutdown: Option<bool> = "ha_reboot_vm_on_internal_shutdown",
        tags: Box<[Word]> = "tags",
        restrictions: StrMap = "restrictions",
        current_operations: StrMap = "current_operations",
        cpu_info: StrMap = "cpu_info",
        migration_compression: Option<bool> = "migration_compression",
        allowed_operations: Box<[Word]> = "allowed_operations",
    }
}

record! {
    /// A message (alert) that the pool keeps.
    Message {
        uuid: Id = "uuid",
        name: Word = "name",
        priority: i64 = "priority",
        cls: Word = "cls",
        obj_uuid: Id = "obj_uuid",
        timestamp: Option<i64> = "timestamp",
        body: Box<str> = "body",
    }
}

record! {
    /// An operation of the pool that runs or has ended.
    Task {
        uuid: Id = "uuid",
        name_label: Word = "name_label",
        name_description: Word = "name_description",
        allowed_operations: Box<[Word]> = "allowed_operations",
        current_operations: StrMap = "current_operations",
        created: Option<i64> = "created",
        finished: Option<i64> = "finished",
        status: Word = "status",
        resident_on: Ref = "resident_on",
        progress: f64 = "progress",
        kind: Word = "type",
        result: Box<str> = "result",
        error_info: Box<[Box<str>]> = "error_info",
        other_config: StrMap = "other_config",
        subtask_of: Ref = "subtask_of",
        subtasks: Box<[Ref]> = "subtasks",
    }
}

record! {
    /// A patch known to the pool (before XenServer 7.1).
    PoolPatch {
        uuid: Id = "uuid",
        name_label: Box<str> = "name_label",
        name_description: Word = "name_description",
        size: i64 = "size",
        pool_applied: bool = "pool_applied",
        host_patches: Box<[Ref]> = "host_patches",
        after_apply_guidance: Box<[Word]> = "after_apply_guidance",
        pool_update: Ref = "pool_update",
    }
}

record! {
    /// An update known to the pool (since XenServer 7.1).
    PoolUpdate {
        uuid: Id = "uuid",
        name_label: Box<str> = "name_label",
        name_description: Word = "name_description",
        version: Word = "version",
        installation_size: i64 = "installation_size",
        key: Word = "key",
        after_apply_guidance: Box<[Word]> = "after_apply_guidance",
        vdi: Ref = "vdi",
        hosts: Box<[Ref]> = "hosts",
        enforce_homogeneity: bool = "enforce_homogeneity",
        other_config: StrMap = "other_config",
    }
}
