//! Templates of first-boot configurations.

use xo_store::{CloudConfigKind, ErrorKind};

use crate::support::{Lab, on_both};

on_both![
    a_template_is_made_changed_and_deleted,
    a_template_that_is_not_there_is_told,
];

async fn a_template_is_made_changed_and_deleted(lab: &Lab) {
    let configs = lab.store.cloud_configs();
    let network = configs
        .create(CloudConfigKind::Network, "b", "version: 2\n")
        .await
        .unwrap();
    let mut user = configs
        .create(CloudConfigKind::User, "a", "#cloud-config\n")
        .await
        .unwrap();
    assert_eq!(
        configs.list().await.unwrap(),
        [user.clone(), network.clone()]
    );
    user.name = "c".into();
    let changed = configs.update(&user.id, Some("c"), None).await.unwrap();
    assert_eq!(changed, user);
    user.template = "#!/bin/sh\n".into();
    configs
        .update(&user.id, None, Some("#!/bin/sh\n"))
        .await
        .unwrap();
    assert_eq!(
        configs.list().await.unwrap(),
        [network.clone(), user.clone()]
    );
    configs.delete(&network.id).await.unwrap();
    assert_eq!(configs.list().await.unwrap(), [user]);
}

async fn a_template_that_is_not_there_is_told(lab: &Lab) {
    let configs = lab.store.cloud_configs();
    let error = configs.delete("nowhere").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let error = configs
        .update("nowhere", Some("x"), None)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let error = configs
        .create(CloudConfigKind::User, "", "x")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}
