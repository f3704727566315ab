//! Templates of what new VMs read at their first boot. What is in braces is filled in by clients.

use serde_json::{Value, json};
use xo_store::{CloudConfig, CloudConfigKind};

use crate::schema::{label, string};
use crate::{Call, Method, Result};

pub(super) fn methods() -> Vec<Method> {
    let make = |name, text| {
        Method::new(name, text)
            .admin()
            .param("name", label())
            .param("template", string())
    };
    let list = |name, text| Method::new(name, text).any_params().untasked();
    vec![
        make("cloudConfig.create", "Makes a cloud config template.")
            .run(|call| create(call, CloudConfigKind::User)),
        make(
            "cloudConfig.createNetworkConfig",
            "Makes a network config template.",
        )
        .run(|call| create(call, CloudConfigKind::Network)),
        list("cloudConfig.getAll", "Lists all cloud config templates.")
            .run(|call| get_all(call, CloudConfigKind::User)),
        list(
            "cloudConfig.getAllNetworkConfigs",
            "Lists all network config templates.",
        )
        .run(|call| get_all(call, CloudConfigKind::Network)),
        Method::new("cloudConfig.update", "Changes a template.")
            .admin()
            .param("id", string())
            .param("name", label().optional())
            .param("template", string().optional())
            .run(update),
        Method::new("cloudConfig.delete", "Deletes a template.")
            .admin()
            .param("id", string())
            .run(delete),
    ]
}

/// Upstream answers the template since 5.98, `true` before; the Terraform provider takes both.
async fn create(call: Call, kind: CloudConfigKind) -> Result<Value> {
    let configs = call.engine.store.cloud_configs();
    let made = configs
        .create(kind, call.str("name")?, call.str("template")?)
        .await?;
    Ok(view(&made))
}

async fn get_all(call: Call, kind: CloudConfigKind) -> Result<Value> {
    let all = call.engine.store.cloud_configs().list().await?;
    Ok(all
        .iter()
        .filter(|config| config.kind == kind)
        .map(view)
        .collect())
}

async fn update(call: Call) -> Result<Value> {
    let configs = call.engine.store.cloud_configs();
    let changed = configs
        .update(
            call.str("id")?,
            call.str_opt("name"),
            call.str_opt("template"),
        )
        .await?;
    Ok(view(&changed))
}

async fn delete(call: Call) -> Result<()> {
    let configs = call.engine.store.cloud_configs();
    Ok(configs.delete(call.str("id")?).await?)
}

fn view(config: &CloudConfig) -> Value {
    let mut view = json!({ "id": config.id, "name": config.name, "template": config.template });
    if let (CloudConfigKind::Network, Some(members)) = (config.kind, view.as_object_mut()) {
        members.insert("type".into(), json!("network"));
    }
    view
}
