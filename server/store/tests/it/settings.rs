//! Settings: any JSON by name.

use serde_json::{Value, json};
use xo_store::ErrorKind;

use crate::support::{Lab, on_both};

on_both![
    a_setting_is_what_was_last_set,
    a_setting_of_another_shape_is_told,
    a_setting_can_be_forgotten,
];

async fn a_setting_is_what_was_last_set(lab: &Lab) {
    let settings = lab.store.settings();
    assert_eq!(settings.find::<Value>("proxy").await.unwrap(), None);
    for value in [
        json!({ "host": "proxy", "nul": "a\0b" }),
        json!(null),
        json!([1.5]),
    ] {
        settings.set("proxy", &value).await.unwrap();
        assert_eq!(settings.find("proxy").await.unwrap(), Some(value));
    }
    settings.set("banner", "Grüß Gott").await.unwrap();
    assert_eq!(
        settings.list().await.unwrap(),
        [
            ("banner".to_owned(), json!("Grüß Gott")),
            ("proxy".to_owned(), json!([1.5]))
        ]
    );
    let error = settings.set("", &1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

async fn a_setting_of_another_shape_is_told(lab: &Lab) {
    let settings = lab.store.settings();
    settings.set("limit", &"many").await.unwrap();
    let error = settings.find::<u32>("limit").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
}

async fn a_setting_can_be_forgotten(lab: &Lab) {
    let settings = lab.store.settings();
    settings.set("limit", &3).await.unwrap();
    assert!(settings.delete("limit").await.unwrap());
    assert!(!settings.delete("limit").await.unwrap());
    assert_eq!(settings.find::<u32>("limit").await.unwrap(), None);
}
