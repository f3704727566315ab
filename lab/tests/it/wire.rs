//! Envelopes and error codes: the shapes that a real host sends, on both transports.

use serde_json::json;

use crate::support::Client;

#[tokio::test]
async fn a_refused_login_says_who_and_why() {
    let client = Client::start().await;
    let answer = client
        .post("session.login_with_password", json!(["root", "wrong"]))
        .await
        .unwrap();
    assert_eq!(
        answer,
        json!({
            "jsonrpc": "2.0",
            "error": {
                "code": 1,
                "message": "SESSION_AUTHENTICATION_FAILED",
                "data": ["root", "Permission denied"]
            },
            "id": 1
        })
    );
    assert_eq!(
        client
            .xml("session.login_with_password", &["root", "wrong"])
            .await,
        "<?xml version=\"1.0\"?><methodResponse><params><param><value><struct>\
         <member><name>Status</name><value>Failure</value></member>\
         <member><name>ErrorDescription</name><value><array><data>\
         <value>SESSION_AUTHENTICATION_FAILED</value><value>root</value>\
         <value>Permission denied</value></data></array></value></member>\
         </struct></value></param></params></methodResponse>"
    );
}

#[tokio::test]
async fn results_are_as_bare_as_a_host_sends_them() {
    let client = Client::start().await;
    let host = client.lab.db().read().all("host")[0].to_string();
    let major = client
        .post("host.get_API_version_major", json!([client.session, host]))
        .await;
    assert_eq!(
        major.unwrap().to_string(),
        "{\"jsonrpc\":\"2.0\",\"result\":2,\"id\":1}"
    );
    assert_eq!(
        client
            .xml("host.get_API_version_major", &[&client.session, &host])
            .await,
        "<?xml version=\"1.0\"?><methodResponse><params><param><value><struct>\
         <member><name>Status</name><value>Success</value></member>\
         <member><name>Value</name><value>2</value></member>\
         </struct></value></param></params></methodResponse>"
    );
    let void = client
        .xml(
            "VM.set_name_label",
            &[&client.session, &client.vm("Halted"), "x"],
        )
        .await;
    assert!(
        void.contains("<name>Value</name><value></value></member>"),
        "{void}"
    );
    let names = client.xml("system.listMethods", &[]).await;
    assert!(
        names.starts_with(
            "<?xml version=\"1.0\"?><methodResponse><params><param><value><array><data><value>session.get_record</value>"
        ),
        "{names:.200}"
    );
}

#[tokio::test]
async fn json_rpc_1_has_its_own_envelope() {
    let client = Client::start().await;
    let post = async |method: &str, params: serde_json::Value| {
        let url = format!("{}/jsonrpc", client.lab.http_url());
        let body = json!({"method": method, "params": params, "id": "a"});
        let answer = client.http.post(url).json(&body).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "application/json");
        answer.text().await.unwrap()
    };
    assert_eq!(
        post("VM.get_all", json!(["OpaqueRef:none"])).await,
        "{\"result\":null,\"error\":[\"SESSION_INVALID\",\"OpaqueRef:none\"],\"id\":\"a\"}"
    );
    let alive = post("system.isAlive:1", json!(["hello"])).await;
    assert_eq!(alive, "{\"result\":\"hello\",\"error\":null,\"id\":\"a\"}");
}

#[tokio::test]
async fn mistakes_have_their_codes() {
    let client = Client::start().await;
    let vm = client.vm("Halted");
    let cases = [
        (
            "VM.fly",
            json!([]),
            vec!["MESSAGE_METHOD_UNKNOWN", "VM.fly"],
        ),
        (
            "Async.VM.fly",
            json!([]),
            vec!["MESSAGE_METHOD_UNKNOWN", "Async.VM.fly"],
        ),
        (
            "VM.get_record",
            json!([]),
            vec![
                "MESSAGE_PARAMETER_COUNT_MISMATCH",
                "VM.get_record",
                "1",
                "0",
            ],
        ),
        (
            "VM.get_record",
            json!(["OpaqueRef:none"]),
            vec!["HANDLE_INVALID", "VM", "OpaqueRef:none"],
        ),
        (
            "SR.get_record",
            json!([vm]),
            vec!["HANDLE_INVALID", "SR", &vm],
        ),
        (
            "VM.get_by_uuid",
            json!(["nope"]),
            vec!["UUID_INVALID", "VM", "nope"],
        ),
        (
            "VM.set_power_state",
            json!([vm, "Running"]),
            vec!["MESSAGE_METHOD_UNKNOWN", "VM.set_power_state"],
        ),
        (
            "VM.set_memory_limits",
            json!([vm, "1", "2", "3", "4"]),
            vec!["MEMORY_CONSTRAINT_VIOLATION_ORDER"],
        ),
        (
            "VM.add_to_other_config",
            json!([vm, "mac_seed", "x"]),
            vec!["MAP_DUPLICATE_KEY", "VM", "other_config", &vm, "mac_seed"],
        ),
        (
            "event.next",
            json!([]),
            vec!["MESSAGE_REMOVED", "event.next"],
        ),
        (
            "event.inject",
            json!(["SR", vm]),
            vec!["HANDLE_INVALID", "SR", &vm],
        ),
        (
            "event.from",
            json!([["*"], "x", 0.0]),
            vec!["EVENT_FROM_TOKEN_PARSE_FAILURE", "x"],
        ),
    ];
    for (method, params, expected) in cases {
        assert_eq!(client.refused(method, params).await, expected, "{method}");
    }
    let pool = client.lab.db().read().all("pool")[0].to_string();
    let gone = client.post("VM.get_all", json!([pool])).await.unwrap();
    assert_eq!(
        gone["error"]["data"],
        json!([pool]),
        "a reference of another class is no session"
    );
}

#[tokio::test]
async fn what_is_no_request_is_http_500() {
    let client = Client::start().await;
    for (path, body) in [
        ("/jsonrpc", "{"),
        ("/jsonrpc", "[]"),
        ("/", "<a/>"),
        ("/RPC2", ""),
    ] {
        let url = format!("{}{path}", client.lab.http_url());
        let answer = client.http.post(url).body(body).send().await.unwrap();
        assert_eq!(answer.status(), 500, "{path} {body}");
    }
    let nowhere = client
        .http
        .get(format!("{}/nowhere", client.lab.http_url()));
    assert_eq!(nowhere.send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn fields_are_read_and_written_by_the_model() {
    let client = Client::start().await;
    let vm = client.vm("Halted");
    client.call("VM.add_tags", json!([vm, "new"])).await;
    client.call("VM.add_tags", json!([vm, "new"])).await;
    let tags = client.call("VM.get_tags", json!([vm])).await;
    let named = tags
        .as_array()
        .unwrap()
        .iter()
        .filter(|tag| **tag == "new")
        .count();
    assert_eq!(named, 1);
    client.call("VM.remove_tags", json!([vm, "new"])).await;
    client
        .call("VM.remove_from_other_config", json!([vm, "absent"]))
        .await;
    client
        .call("VM.add_to_other_config", json!([vm, "a <&>", "é\n"]))
        .await;
    let other = client.call("VM.get_other_config", json!([vm])).await;
    assert_eq!(other["a <&>"], "é\n");
    client
        .xml("VM.set_user_version", &[&client.session, &vm, "7"])
        .await;
    assert_eq!(client.call("VM.get_user_version", json!([vm])).await, 7);
    let answer = client
        .xml("VM.set_is_a_template", &[&client.session, &vm, "true"])
        .await;
    assert!(answer.contains("Failure"), "a boolean is no text: {answer}");
    let query = format!(
        "field \"uuid\"=\"{}\" and not field \"power_state\"=\"Running\"",
        client.text(&vm, "uuid")
    );
    let found = client
        .call("VM.get_all_records_where", json!([query]))
        .await;
    assert_eq!(found.as_object().unwrap().keys().collect::<Vec<_>>(), [&vm]);
}

#[tokio::test]
async fn a_call_that_the_lab_does_not_know_how_to_answer_says_so() {
    let client = Client::start().await;
    let pool = client.lab.db().read().all("pool")[0].to_string();
    let refusal = client
        .refused("pool.sync_updates", json!([pool, false]))
        .await;
    assert_eq!(refusal, ["NOT_IMPLEMENTED", "pool.sync_updates"]);
}

#[tokio::test]
async fn the_fingerprint_is_that_of_the_certificate_served() {
    let config = xo_lab::LabConfig {
        vms: 1,
        ..xo_lab::LabConfig::default()
    };
    let client = Client::with(config).await;
    let trusting = reqwest::Client::builder()
        .no_proxy()
        .tls_danger_accept_invalid_certs(true)
        .tls_info(true);
    let url = format!("{}/jsonrpc", client.lab.https_url());
    let body = json!({"jsonrpc": "2.0", "method": "system.isAlive:x", "params": [1], "id": 1});
    let answer = trusting
        .build()
        .unwrap()
        .post(url)
        .json(&body)
        .send()
        .await
        .unwrap();
    let der = answer.extensions().get::<reqwest::tls::TlsInfo>().unwrap();
    let digest =
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, der.peer_certificate().unwrap());
    let hex: String = digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(client.lab.fingerprint(), hex);
}
