//! Redirects as hosts give them, or keep them to themselves.

use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::*;

/// What `tags` makes of an answer, whose expression may use `redirected(status, location)` and `at(url)`.
async fn tags_of(answer: &str) -> Result<JsValue, JsValue> {
    let fetch = js(&format!(
        "(() => {{
            const redirected = (status, location) => ({{
                status, type: 'basic', body: null, headers: new Map(location === undefined ? [] : [['location', location]]),
            }});
            const at = (url) => ({{ status: 200, url, headers: new Map(), body: new Response('{{\"tags\":[\"a\"]}}').body }});
            return async (url, init) => url.endsWith('/tags/list?n=1000') ? {answer} : at(url);
        }})()"
    ));
    let client = try_client(&fetch, "{ apiVersion: 2, token: 'hush' }").unwrap();
    let tags = repository(&client, "app").tags(JsValue::UNDEFINED);
    wasm_bindgen_futures::JsFuture::from(tags).await
}

#[wasm_bindgen_test]
async fn they_are_followed_to_where_they_may_lead() {
    for answer in [
        "redirected(301, 'https://storage.test/x')",
        "redirected(302, '/x')",
        "redirected(303, '//storage.test/x?a=b')",
        "redirected(307, '?n=1')",
        "redirected(308, 'https://storage.test/x#fragment')",
        // A host that follows by itself.
        "at('https://storage.test/x')",
        "at('')",
        "at(undefined)",
        "at('no URL')",
        "at(5)",
    ] {
        assert_eq!(json(&tags_of(answer).await.expect(answer)), r#"["a"]"#, "{answer}");
    }
}

#[wasm_bindgen_test]
async fn and_nowhere_else() {
    for (answer, code) in [
        ("redirected(307, 'http://storage.test/x')", "UNTRUSTED_LOCATION"),
        ("redirected(307, 'https://127.0.0.1/x')", "UNTRUSTED_LOCATION"),
        ("at('http://storage.test/x')", "UNTRUSTED_LOCATION"),
        ("at('https://10.0.0.1/x')", "UNTRUSTED_LOCATION"),
        ("redirected(307)", "HTTP_ERROR"),
        ("redirected(304, '/x')", "HTTP_ERROR"),
        ("redirected(300, '/x')", "HTTP_ERROR"),
        ("({ status: 0, type: 'opaqueredirect', headers: new Headers(), body: null })", "INVALID_RESPONSE"),
        ("({ status: 307, get headers() { throw 1 }, body: null })", "INVALID_RESPONSE"),
    ] {
        let error = tags_of(answer).await.expect_err(answer);
        assert_error(&error, code, "");
        assert!(!text(&error, "message").contains("hush"));
    }
    for location in
        ["", "javascript:alert(1)", "https://me:hush@storage.test/", "https://a\\nb/", "http://[", "data:,x"]
    {
        let error = tags_of(&format!("redirected(307, '{location}')")).await.expect_err(location);
        assert_eq!(text(&error, "name"), "RegistryError");
        assert!(!text(&error, "message").contains("hush"), "{location}");
    }
}

#[wasm_bindgen_test]
async fn a_body_that_nobody_reads_does_not_hold_them_up() {
    // Content-Length makes it worth reading; it never comes.
    let hanging = "(() => {
        const body = new ReadableStream({ pull: () => new Promise(() => {}) });
        return { ...redirected(307, '/x'), headers: new Map([['location', '/x'], ['content-length', '5']]), body };
    })()";
    assert_eq!(json(&tags_of(hanging).await.unwrap()), r#"["a"]"#);
    let broken = "(() => {
        const body = new ReadableStream({ pull(controller) { controller.error(new TypeError('gone')) } });
        return { ...redirected(307, '/x'), headers: new Map([['location', '/x'], ['content-length', '5']]), body };
    })()";
    assert_eq!(json(&tags_of(broken).await.unwrap()), r#"["a"]"#);
}
