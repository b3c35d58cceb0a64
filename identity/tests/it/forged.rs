//! Forged access tokens: every trick we know is refused, and the honest token built the same way is not.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::KeyPair;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use identity::{MasterKeys, People, PeopleOptions, RefreshToken, TokenKeys, TokenRefusal};
use serde_json::json;
use sqlx::postgres::PgPoolOptions;

use crate::forge::{ACCOUNT, Forge, SESSION, encode, merged};
use crate::kit::{ISSUER, at};

#[tokio::test]
async fn another_algorithm_is_refused() {
    let forge = Forge::new();
    let hs256 = |secret: &[u8]| {
        let header = merged(forge.header(), json!({"alg": "HS256"})).to_string();
        let signed = format!("{}.{}", encode(header), encode(Forge::claims().to_string()));
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        format!("{signed}.{}", encode(hmac::sign(&key, signed.as_bytes())))
    };
    let unsigned = |alg: &str| {
        let header = merged(forge.header(), json!({"alg": alg})).to_string();
        format!("{}.{}.", encode(header), encode(Forge::claims().to_string()))
    };
    let public = forge.ours.public_key().as_ref().to_vec();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        STANDARD.encode(&public)
    );
    let (wrong, malformed) = (TokenRefusal::WrongAlgorithm, TokenRefusal::Malformed);
    forge.refuses(&[
        ("alg none", unsigned("none"), wrong),
        ("alg None", unsigned("None"), wrong),
        ("alg NONE", unsigned("NONE"), wrong),
        ("alg nOnE", unsigned("nOnE"), wrong),
        ("alg empty", unsigned(""), wrong),
        ("HS256 with the public key", hs256(&public), wrong),
        (
            "HS256 with the public key in base64",
            hs256(encode(&public).as_bytes()),
            wrong,
        ),
        ("HS256 with the public key as PEM", hs256(pem.as_bytes()), wrong),
        ("HS256 with an empty secret", hs256(b""), wrong),
        (
            "alg in another case",
            forge.with_header(json!({"alg": "eddsa"})),
            wrong,
        ),
        ("alg Ed25519", forge.with_header(json!({"alg": "Ed25519"})), wrong),
        ("alg RS256", forge.with_header(json!({"alg": "RS256"})), wrong),
        ("alg missing", forge.with_header(json!({"alg": null})), malformed),
        (
            "alg a list",
            forge.with_header(json!({"alg": ["EdDSA"]})),
            malformed,
        ),
    ]);
}

#[tokio::test]
async fn a_missing_or_foreign_signature_is_refused() {
    let forge = Forge::new();
    let honest = forge.sign(&forge.header().to_string(), &Forge::claims().to_string());
    let (signed, signature) = honest.rsplit_once('.').unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let mut flipped = bytes.clone();
    flipped[10] ^= 1;
    let stranger = encode(forge.stranger.sign(signed.as_bytes()).as_ref());
    let other = forge.with_claims(json!({"jti": SESSION}));
    let others_signature = other.rsplit_once('.').unwrap().1;
    let wrong = TokenRefusal::WrongSignature;
    forge.refuses(&[
        ("signature stripped", format!("{signed}."), wrong),
        (
            "signature and its dot stripped",
            signed.to_owned(),
            TokenRefusal::Malformed,
        ),
        (
            "signature cut",
            format!("{signed}.{}", encode(&bytes[..63])),
            wrong,
        ),
        (
            "signature longer",
            format!("{signed}.{}", encode([&bytes[..], &[0]].concat())),
            wrong,
        ),
        (
            "signature of zeros",
            format!("{signed}.{}", encode([0; 64])),
            wrong,
        ),
        ("one bit flipped", format!("{signed}.{}", encode(flipped)), wrong),
        (
            "a stranger's key under our kid",
            format!("{signed}.{stranger}"),
            wrong,
        ),
        (
            "another token's signature",
            format!("{signed}.{others_signature}"),
            wrong,
        ),
    ]);
}

#[tokio::test]
async fn a_changed_claim_breaks_the_signature() {
    let forge = Forge::new();
    let honest = forge.sign(&forge.header().to_string(), &Forge::claims().to_string());
    let parts: Vec<&str> = honest.split('.').collect();
    let changed = |change| {
        let claims = merged(Forge::claims(), change).to_string();
        format!("{}.{}.{}", parts[0], encode(claims), parts[2])
    };
    let wrong = TokenRefusal::WrongSignature;
    forge.refuses(&[
        ("role raised", changed(json!({"role": "admin"})), wrong),
        ("another's account", changed(json!({"sub": SESSION})), wrong),
        (
            "life prolonged",
            changed(json!({"exp": at(0).as_second() + 90_000})),
            wrong,
        ),
        ("session changed", changed(json!({"sid": ACCOUNT})), wrong),
    ]);
}

#[tokio::test]
async fn a_key_that_is_not_ours_is_refused_wherever_it_hides() {
    let forge = Forge::new();
    let x = encode(forge.stranger.public_key());
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": x});
    let unknown = TokenRefusal::UnknownKey;
    let malformed = TokenRefusal::Malformed;
    forge.refuses(&[
        (
            "another kid",
            forge.with_header(json!({"kid": encode([7; 32])})),
            unknown,
        ),
        ("an empty kid", forge.with_header(json!({"kid": ""})), unknown),
        (
            "a path as kid",
            forge.with_header(json!({"kid": "../../../../dev/null"})),
            unknown,
        ),
        (
            "a file as kid",
            forge.with_header(json!({"kid": "/etc/passwd"})),
            unknown,
        ),
        (
            "an injection as kid",
            forge.with_header(json!({"kid": "' union select 'key' --"})),
            unknown,
        ),
        (
            "our kid and a zero byte",
            forge.with_header(json!({"kid": format!("{}\0", forge.kid)})),
            malformed,
        ),
        ("no kid", forge.with_header(json!({"kid": null})), malformed),
        ("a number as kid", forge.with_header(json!({"kid": 1})), malformed),
        ("jwk", forge.with_header(json!({"jwk": jwk})), malformed),
        (
            "jku",
            forge.with_header(json!({"jku": "https://evil.example/keys.json"})),
            malformed,
        ),
        (
            "x5u",
            forge.with_header(json!({"x5u": "https://evil.example/cert.pem"})),
            malformed,
        ),
        ("x5c", forge.with_header(json!({"x5c": ["MIIB"]})), malformed),
        ("crit", forge.with_header(json!({"crit": ["exp"]})), malformed),
        ("b64 false", forge.with_header(json!({"b64": false})), malformed),
        ("zip", forge.with_header(json!({"zip": "DEF"})), malformed),
    ]);
}

#[tokio::test]
async fn a_token_of_another_kind_is_refused() {
    let forge = Forge::new();
    let refresh = format!("totr_{}", encode([1; 32]));
    assert!(RefreshToken::parse(&refresh).is_ok());
    let wrong = TokenRefusal::WrongType;
    forge.refuses(&[
        ("typ JWT", forge.with_header(json!({"typ": "JWT"})), wrong),
        (
            "typ in another case",
            forge.with_header(json!({"typ": "AT+JWT"})),
            wrong,
        ),
        (
            "typ as a media type",
            forge.with_header(json!({"typ": "application/at+jwt"})),
            wrong,
        ),
        (
            "typ of an id token",
            forge.with_header(json!({"typ": "id+jwt"})),
            wrong,
        ),
        (
            "no typ",
            forge.with_header(json!({"typ": null})),
            TokenRefusal::Malformed,
        ),
        ("a refresh token", refresh, TokenRefusal::Malformed),
    ]);
}

#[tokio::test]
async fn claims_meant_for_others_or_other_times_are_refused_even_when_we_signed_them() {
    let forge = Forge::new();
    let now = at(0).as_second();
    let malformed = TokenRefusal::Malformed;
    let claims = |change| forge.with_claims(change);
    forge.refuses(&[
        (
            "another issuer",
            claims(json!({"iss": "https://evil.example"})),
            TokenRefusal::WrongIssuer,
        ),
        (
            "our issuer and a slash",
            claims(json!({"iss": format!("{ISSUER}/")})),
            TokenRefusal::WrongIssuer,
        ),
        ("no issuer", claims(json!({"iss": null})), malformed),
        (
            "another audience",
            claims(json!({"aud": "tot-web"})),
            TokenRefusal::WrongAudience,
        ),
        (
            "several audiences",
            claims(json!({"aud": ["tot-api", "evil"]})),
            malformed,
        ),
        ("no audience", claims(json!({"aud": null})), malformed),
        (
            "expired now",
            claims(json!({"iat": now - 900, "exp": now})),
            TokenRefusal::Expired,
        ),
        (
            "expired long ago",
            claims(json!({"iat": 0, "exp": 900})),
            TokenRefusal::Expired,
        ),
        ("never expires", claims(json!({"exp": null})), malformed),
        (
            "expires as text",
            claims(json!({"exp": (now + 900).to_string()})),
            malformed,
        ),
        ("expires in a fraction", claims(json!({"exp": 4e9})), malformed),
        ("lives too long", claims(json!({"exp": now + 901})), malformed),
        ("lives for ever", claims(json!({"exp": i64::MAX})), malformed),
        (
            "lived since the beginning",
            claims(json!({"iat": i64::MIN})),
            malformed,
        ),
        (
            "not before tomorrow",
            claims(json!({"nbf": now + 86_400})),
            TokenRefusal::NotYetValid,
        ),
        (
            "issued tomorrow",
            claims(json!({"iat": now + 86_400, "exp": now + 87_000})),
            TokenRefusal::NotYetValid,
        ),
        ("no time of issue", claims(json!({"iat": null})), malformed),
    ]);
}

#[tokio::test]
async fn claims_that_name_nobody_are_refused_even_when_we_signed_them() {
    let forge = Forge::new();
    let malformed = TokenRefusal::Malformed;
    let claims = |change| forge.with_claims(change);
    forge.refuses(&[
        ("no role", claims(json!({"role": null})), malformed),
        (
            "a role we do not have",
            claims(json!({"role": "root"})),
            malformed,
        ),
        (
            "two roles",
            claims(json!({"role": ["patient", "admin"]})),
            malformed,
        ),
        ("no account", claims(json!({"sub": null})), malformed),
        ("an account that is no id", claims(json!({"sub": "1"})), malformed),
        (
            "an account in other letters",
            claims(json!({"sub": ACCOUNT.to_uppercase().replace('7', "A")})),
            malformed,
        ),
        ("no session", claims(json!({"sid": null})), malformed),
        ("no id", claims(json!({"jti": null})), malformed),
    ]);
}

#[tokio::test]
async fn another_spelling_of_a_good_token_is_refused() {
    let forge = Forge::new();
    let header = forge.header().to_string();
    let claims = Forge::claims().to_string();
    let honest = forge.sign(&header, &claims);
    let (signed, signature) = honest.rsplit_once('.').unwrap();
    let raw = URL_SAFE_NO_PAD.decode(signature).unwrap();
    // 64 bytes leave four unused bits in the last of 86 characters: A, Q, g and w have them all zero.
    let last = signature.chars().last().unwrap();
    let loose = match last {
        'A' => 'B',
        'Q' => 'R',
        'g' => 'h',
        _ => 'x',
    };
    let loosened = format!("{}{loose}", &honest[..honest.len() - 1]);
    let doubled = claims.replacen("{", r#"{"role":"admin","#, 1);
    let malformed = TokenRefusal::Malformed;
    forge.refuses(&[
        ("loose bits", loosened, malformed),
        (
            "padding",
            format!("{signed}.{}", URL_SAFE.encode(&raw)),
            malformed,
        ),
        ("a dot more", format!("{honest}."), malformed),
        ("a part more", format!("{honest}.AAAA"), malformed),
        ("a dot before", format!(".{honest}"), malformed),
        ("a space behind", format!("{honest} "), malformed),
        ("a line behind", format!("{honest}\n"), malformed),
        ("a zero byte behind", format!("{honest}\0"), malformed),
        (
            "a letter of another script",
            honest.replacen('e', "е", 1),
            malformed,
        ),
        (
            "json behind the header",
            forge.sign(&format!("{header}{{}}"), &claims),
            malformed,
        ),
        (
            "json behind the claims",
            forge.sign(&header, &format!("{claims}{{}}")),
            malformed,
        ),
        ("a claim twice", forge.sign(&header, &doubled), malformed),
        (
            "an escaped alg",
            forge.sign(&header.replace("EdDSA", "\\u0045dDSA"), &claims),
            malformed,
        ),
        ("a list as claims", forge.sign(&header, "[]"), malformed),
        ("nothing", String::new(), malformed),
        ("two dots", "..".to_owned(), malformed),
        (
            "a huge claim",
            forge.with_claims(json!({"extra": "x".repeat(2_000)})),
            malformed,
        ),
        ("a huge token", "A".repeat(1 << 20), malformed),
    ]);
}

#[tokio::test]
async fn a_token_outlives_a_change_of_keys_but_not_its_key_s_retirement() {
    let forge = Forge::new();
    let file = forge.folder.key_file();
    let token = forge.sign(&forge.header().to_string(), &Forge::claims().to_string());
    let restarted = || {
        let pool = PgPoolOptions::new()
            .connect_lazy("postgres://nobody@127.0.0.1:1/none")
            .unwrap();
        let keys = TokenKeys::load(&file).unwrap();
        People::new(pool, keys, MasterKeys::none(), PeopleOptions::new(ISSUER))
    };
    assert!(restarted().verify(&token, at(0)).is_ok());
    let new = identity::keys::add(&file).unwrap();
    identity::keys::sign_with(&file, &new).unwrap();
    assert!(restarted().verify(&token, at(0)).is_ok());
    identity::keys::retire(&file, &forge.kid).unwrap();
    assert_eq!(restarted().verify(&token, at(0)), Err(TokenRefusal::UnknownKey));
}
