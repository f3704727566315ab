//! Plugins are called as every client calls them.

use serde_json::{Value as Json, json};

use crate::transfer_support::Site;

async fn call(site: &Site, plugin: &str, function: &str) -> Json {
    let host = site.lab.db().read().all("host")[0].to_string();
    let params = json!([site.session, host, plugin, function, {}]);
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "host.call_plugin", "params": params });
    let url = format!("{}/jsonrpc", site.lab.http_url());
    let reply = site
        .http
        .post(url)
        .body(body.to_string())
        .send()
        .await
        .unwrap();
    serde_json::from_str(&reply.text().await.unwrap()).unwrap()
}

#[tokio::test]
async fn a_plugin_answers_text_or_fails_as_on_a_host() {
    let site = Site::start().await;
    let answer = call(&site, "zfs.py", "list_zfs_pools").await;
    assert_eq!(answer["result"], "{}");
    let missing = call(&site, "nothing.py", "do").await;
    assert_eq!(missing["error"]["message"], "XENAPI_MISSING_PLUGIN");
    assert_eq!(missing["error"]["data"], json!(["nothing.py"]));
    let unknown = call(&site, "raid.py", "do").await;
    assert_eq!(
        unknown["error"]["message"],
        "UNKNOWN_XENAPI_PLUGIN_FUNCTION"
    );
}
