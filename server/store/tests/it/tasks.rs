//! XO tasks: saving, ending, listing, retention.

use serde_json::json;
use xo_store::{ErrorKind, Task, TaskStatus};

use crate::support::{Lab, NOW, map, on_both};

on_both![
    a_task_comes_back_as_it_was_saved_last,
    an_ended_task_does_not_change_again,
    a_list_is_newest_first_and_limited,
    a_restart_interrupts_what_was_pending,
    the_oldest_ended_tasks_are_pruned,
    tasks_can_be_deleted,
];

fn begin(number: i64) -> Task {
    let properties = map(json!({ "name": format!("task {number}"), "progress": 0 }));
    Task::begin(format!("task-{number:04}"), properties, NOW + number)
}

fn ended(number: i64) -> Task {
    Task {
        status: TaskStatus::Success,
        end_ms: Some(NOW + number + 1),
        ..begin(number)
    }
}

async fn a_task_comes_back_as_it_was_saved_last(lab: &Lab) {
    let tasks = lab.store.tasks();
    let pending = begin(1);
    tasks.save(&pending).await.unwrap();
    assert_eq!(tasks.fetch(&pending.id).await.unwrap(), pending);
    let failed = Task {
        status: TaskStatus::Failure,
        updated_at_ms: Some(NOW + 5),
        end_ms: Some(NOW + 5),
        abort_requested_at_ms: Some(NOW + 4),
        properties: map(json!({ "name": "vm.start", "params": { "id": "a\0b" } })),
        result: Some(json!({ "message": "no host", "code": "NO_HOSTS_AVAILABLE" })),
        infos: vec![json!({ "message": "a" })],
        warnings: vec![json!({ "message": "b", "data": [1] })],
        subtasks: vec![json!({ "id": "sub", "status": "success" })],
        ..pending
    };
    tasks.save(&failed).await.unwrap();
    assert_eq!(tasks.fetch(&failed.id).await.unwrap(), failed);
    assert_eq!(tasks.list(10).await.unwrap(), [failed]);
}

async fn an_ended_task_does_not_change_again(lab: &Lab) {
    let tasks = lab.store.tasks();
    tasks.save(&ended(1)).await.unwrap();
    tasks.save(&begin(1)).await.unwrap();
    assert_eq!(tasks.fetch("task-0001").await.unwrap(), ended(1));
}

async fn a_list_is_newest_first_and_limited(lab: &Lab) {
    let tasks = lab.store.tasks();
    let same_time = Task {
        id: "task-0002-b".to_owned(),
        ..begin(2)
    };
    let all = [begin(2), begin(3), same_time.clone(), begin(1)];
    tasks.save_all(&all).await.unwrap();
    let listed = tasks.list(3).await.unwrap();
    assert_eq!(listed, [begin(3), same_time, begin(2)]);
    assert_eq!(tasks.list(0).await.unwrap(), []);
}

async fn a_restart_interrupts_what_was_pending(lab: &Lab) {
    let tasks = lab.store.tasks();
    tasks.save_all(&[begin(1), ended(2)]).await.unwrap();
    assert_eq!(tasks.interrupt_pending(NOW + 100).await.unwrap(), 1);
    assert_eq!(tasks.interrupt_pending(NOW + 200).await.unwrap(), 0);
    let interrupted = tasks.fetch("task-0001").await.unwrap();
    assert_eq!(interrupted.status, TaskStatus::Interrupted);
    assert_eq!(interrupted.end_ms, Some(NOW + 100));
    assert_eq!(tasks.fetch("task-0002").await.unwrap(), ended(2));
}

async fn the_oldest_ended_tasks_are_pruned(lab: &Lab) {
    let tasks = lab.store.tasks();
    let mut all = (0..20).map(ended).collect::<Vec<_>>();
    all[3] = begin(3);
    tasks.save_all(&all).await.unwrap();
    assert_eq!(tasks.prune(20).await.unwrap(), 0);
    assert_eq!(tasks.prune(10).await.unwrap(), 9);
    let listed = tasks.list(100).await.unwrap();
    let mut kept = all[10..].to_vec();
    kept.reverse();
    kept.push(begin(3));
    assert_eq!(listed, kept);
}

async fn tasks_can_be_deleted(lab: &Lab) {
    let tasks = lab.store.tasks();
    let all = [begin(1), ended(2), ended(3), ended(4)];
    tasks.save_all(&all).await.unwrap();
    tasks.delete("task-0002").await.unwrap();
    for error in [
        tasks.delete("task-0002").await.unwrap_err(),
        tasks.fetch("task-0002").await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
    assert_eq!(tasks.delete_ended().await.unwrap(), 2);
    assert_eq!(tasks.list(10).await.unwrap(), [begin(1)]);
}
