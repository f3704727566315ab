//! Containers that the container plugin of XenServer sees in a VM: XML texts in `other_config`.

use serde::Serialize;
use serde_json::Value;
use xapi_records::StrMap;

use crate::xml;

#[derive(Serialize)]
pub(super) struct Docker {
    enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    info: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    containers: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    process: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<Value>,
}

/// `None` for a VM that is not monitored.
pub(super) fn of(other_config: &StrMap) -> Option<Docker> {
    let monitor = other_config.get("xscontainer-monitor")?;
    let part = |key: &str| {
        other_config
            .get(key)
            .and_then(xml::parse)
            .map(|root| root.to_json())
    };
    let process = part("docker_ps");
    let containers = process.as_ref().map(|process| match process.get("item") {
        Some(Value::Array(items)) => Value::Array(items.clone()),
        Some(item) => Value::Array(vec![item.clone()]),
        None => Value::Array(Vec::new()),
    });
    Some(Docker {
        enabled: monitor.eq_ignore_ascii_case("true"),
        info: part("docker_info"),
        containers,
        process,
        version: part("docker_version"),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn containers_are_a_list_whether_there_are_none_one_or_many() {
        let of_ps = |ps: &str| {
            let config: StrMap = [("xscontainer-monitor", "True"), ("docker_ps", ps)]
                .into_iter()
                .collect();
            serde_json::to_value(of(&config).unwrap()).unwrap()
        };
        let one = of_ps("<docker_ps><item><name>web</name></item></docker_ps>");
        assert_eq!(one["containers"], json!([{"name": "web"}]));
        assert_eq!(one["enabled"], json!(true));
        let two =
            of_ps("<docker_ps><item><name>a</name></item><item><name>b</name></item></docker_ps>");
        assert_eq!(two["containers"], json!([{"name": "a"}, {"name": "b"}]));
        assert_eq!(of_ps("<docker_ps/>")["containers"], json!([]));
        assert_eq!(of_ps("<broken").get("containers"), None);
        assert!(of(&StrMap::default()).is_none());
    }
}
