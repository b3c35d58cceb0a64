//! Second factors: a code opens one thing once, and what is kept of them opens nothing.

use domain::ids::AccountId;
use domain::people::Role;
use identity::{
    Account, AuditActor, EventOrigin, FactorCode, FactorReset, Given, IdentityRefusal, NewRole, PROOF_FRESH,
    PendingSignIn, Proof, RECOVERY_CODES, RefreshToken, SignIn, SignInOrigin, SignedIn, TotpSecret,
};
use jiff::Timestamp;
use secrecy::ExposeSecret;

use crate::kit::{PASSWORD, TestIdentity, account, at, email, password, patient, phone_app, refusal};

const OLGA: &str = "olga@example.com";

/// An account with an app that was confirmed at noon, and its recovery codes.
struct Enrolled {
    fixture: TestIdentity,
    id: AccountId,
    secret: TotpSecret,
    recovery_codes: Vec<FactorCode>,
    signed_in: SignedIn,
}

impl Enrolled {
    async fn new() -> Self {
        let fixture = TestIdentity::new().await;
        let made = account(OLGA, NewRole::Admin);
        let Account { id, .. } = fixture.people.create_account(made, at(-60)).await.unwrap();
        let begun = fixture
            .people
            .enrol_totp(id, &password(PASSWORD), at(-30))
            .await
            .unwrap();
        let code = FactorCode::Totp(begun.secret.code_at(at(0)));
        let confirmed = fixture.people.confirm_totp(id, &code, &phone_app(), at(0)).await;
        let confirmed = confirmed.unwrap();
        assert_eq!(confirmed.recovery_codes.len(), RECOVERY_CODES);
        let codes = confirmed.recovery_codes.into_iter().map(FactorCode::Recovery);
        Self {
            fixture,
            id,
            secret: begun.secret,
            recovery_codes: codes.collect(),
            signed_in: confirmed.signed_in,
        }
    }

    fn code(&self, second: i64) -> FactorCode {
        FactorCode::Totp(self.secret.code_at(at(second)))
    }

    async fn pending(&self, now: Timestamp) -> PendingSignIn {
        let origin = SignInOrigin::default();
        let first = self
            .fixture
            .people
            .login_from(&email(OLGA), &password(PASSWORD), &phone_app(), &origin, now)
            .await;
        match first.unwrap() {
            SignIn::CodeDue(pending) => pending,
            SignIn::Complete(_) => panic!("a password alone signed in"),
        }
    }

    async fn brings(
        &self,
        pending: &PendingSignIn,
        code: &FactorCode,
        second: i64,
    ) -> Result<SignedIn, identity::IdentityError> {
        self.fixture
            .people
            .complete_sign_in(&pending.token, code, &phone_app(), None, at(second))
            .await
    }
}

#[tokio::test]
async fn a_password_opens_nothing_before_the_code_and_a_code_opens_one_thing() {
    let olga = Enrolled::new().await;
    let people = &olga.fixture.people;
    let alone = people
        .login(&email(OLGA), &password(PASSWORD), &phone_app(), at(1))
        .await;
    assert_eq!(refusal(alone), IdentityRefusal::SecondFactorDue);
    let pending = olga.pending(at(2)).await;
    // The code that confirmed the app is used up, and so are older ones.
    for used in [0, -30] {
        let again = olga.brings(&pending, &olga.code(used), 3).await;
        assert_eq!(refusal(again), IdentityRefusal::WrongCode, "{used}");
    }
    let signed_in = olga.brings(&pending, &olga.code(30), 4).await.unwrap();
    let access = people.access(signed_in.access_token.expose_secret(), at(5));
    assert!(access.unwrap().second_factor);
    let over = olga.brings(&pending, &olga.code(60), 40).await;
    assert_eq!(
        refusal(over),
        IdentityRefusal::SignInEnded,
        "a token is used once"
    );
    let other = olga.pending(at(41)).await;
    let replayed = olga.brings(&other, &olga.code(30), 42).await;
    assert_eq!(refusal(replayed), IdentityRefusal::WrongCode);
    olga.brings(&other, &olga.code(60), 43).await.unwrap();
}

#[tokio::test]
async fn of_many_who_bring_one_code_at_once_one_is_let_in() {
    let olga = Enrolled::new().await;
    let code = olga.code(60);
    let (one, two) = (olga.pending(at(50)).await, olga.pending(at(51)).await);
    let (three, four) = (olga.pending(at(52)).await, olga.pending(at(53)).await);
    let brings = |pending| olga.brings(pending, &code, 60);
    let tried = tokio::join!(brings(&one), brings(&two), brings(&three), brings(&four));
    let tried = [tried.0, tried.1, tried.2, tried.3];
    assert_eq!(tried.iter().filter(|done| done.is_ok()).count(), 1);
}

#[tokio::test]
async fn five_wrong_codes_or_five_minutes_end_a_sign_in() {
    let olga = Enrolled::new().await;
    let pending = olga.pending(at(1)).await;
    let wrong = olga.code(-3_000);
    for _ in 0..5 {
        let refused = olga.brings(&pending, &wrong, 2).await;
        assert_eq!(refusal(refused), IdentityRefusal::WrongCode);
    }
    let right = olga.brings(&pending, &olga.code(30), 3).await;
    assert_eq!(refusal(right), IdentityRefusal::SignInEnded);
    let late = olga.pending(at(4)).await;
    let right = olga.brings(&late, &olga.code(304), 304).await;
    assert_eq!(refusal(right), IdentityRefusal::SignInEnded);
}

#[tokio::test]
async fn a_recovery_code_stands_in_once_and_new_ones_take_the_place_of_all() {
    let olga = Enrolled::new().await;
    let people = &olga.fixture.people;
    let [first, second, ..] = &olga.recovery_codes[..] else {
        panic!("ten")
    };
    let pending = olga.pending(at(1)).await;
    olga.brings(&pending, first, 2).await.unwrap();
    let left = people.second_factor(olga.id).await.unwrap().unwrap();
    assert_eq!(left.recovery_codes_left, 9);
    let pending = olga.pending(at(3)).await;
    assert_eq!(
        refusal(olga.brings(&pending, first, 4).await),
        IdentityRefusal::WrongCode
    );
    let secret = password(PASSWORD);
    let wrong = password("password124");
    let refused = people
        .renew_recovery_codes(olga.id, (&wrong, &olga.code(30)), at(5))
        .await;
    assert_eq!(refusal(refused), IdentityRefusal::WrongPassword);
    let new = people
        .renew_recovery_codes(olga.id, (&secret, &olga.code(30)), at(6))
        .await
        .unwrap();
    assert_eq!(new.len(), RECOVERY_CODES);
    assert_eq!(
        refusal(olga.brings(&pending, second, 7).await),
        IdentityRefusal::WrongCode
    );
}

#[tokio::test]
async fn an_app_counts_from_its_first_code_on_which_comes_within_ten_minutes() {
    let fixture = TestIdentity::new().await;
    let people = &fixture.people;
    let ivan = people.register(patient("ivan@example.com"), at(0)).await.unwrap();
    let wrong = people.enrol_totp(ivan.id, &password("password124"), at(1)).await;
    assert_eq!(refusal(wrong), IdentityRefusal::WrongPassword);
    let begun = people
        .enrol_totp(ivan.id, &password(PASSWORD), at(2))
        .await
        .unwrap();
    assert!(people.second_factor(ivan.id).await.unwrap().is_none());
    let sign_in = async |second| {
        let secret = password(PASSWORD);
        people
            .login(&ivan.email, &secret, &phone_app(), at(second))
            .await
            .map(drop)
    };
    sign_in(3).await.unwrap();
    let confirm = async |secret: &TotpSecret, second| {
        let code = FactorCode::Totp(secret.code_at(at(second)));
        people
            .confirm_totp(ivan.id, &code, &phone_app(), at(second))
            .await
            .map(drop)
    };
    assert_eq!(
        refusal(confirm(&begun.secret, 603).await),
        IdentityRefusal::NoSecondFactor
    );
    let again = people
        .enrol_totp(ivan.id, &password(PASSWORD), at(604))
        .await
        .unwrap();
    assert_eq!(
        refusal(confirm(&begun.secret, 605).await),
        IdentityRefusal::WrongCode,
        "another secret took its place"
    );
    confirm(&again.secret, 606).await.unwrap();
    assert_eq!(refusal(sign_in(607).await), IdentityRefusal::SecondFactorDue);
    let third = people.enrol_totp(ivan.id, &password(PASSWORD), at(608)).await;
    assert_eq!(refusal(third), IdentityRefusal::SecondFactorExists);
}

#[tokio::test]
async fn confirming_removing_and_resetting_end_every_session() {
    let olga = Enrolled::new().await;
    let people = &olga.fixture.people;
    let secret = password(PASSWORD);
    let sessions = async |second| people.own_sessions(olga.id, at(second)).await.unwrap();
    let first = sessions(1).await[0].id;
    let refused = people
        .remove_second_factor(olga.id, (&secret, &olga.code(0)), &phone_app(), at(2))
        .await;
    assert_eq!(refusal(refused), IdentityRefusal::WrongCode);
    let removed = people
        .remove_second_factor(olga.id, (&secret, &olga.code(30)), &phone_app(), at(3))
        .await
        .unwrap();
    let access = people
        .access(removed.access_token.expose_secret(), at(4))
        .unwrap();
    assert!(!access.second_factor);
    assert!(sessions(4).await.iter().all(|session| session.id != first));
    assert!(people.second_factor(olga.id).await.unwrap().is_none());
    assert!(
        people
            .access(olga.signed_in.access_token.expose_secret(), at(4))
            .is_err()
    );
}

#[tokio::test]
async fn another_admin_resets_a_second_factor_and_the_trail_says_who() {
    let olga = Enrolled::new().await;
    let people = &olga.fixture.people;
    let other = account("other@example.com", NewRole::Admin);
    let other = people.create_account(other, at(1)).await.unwrap();
    let reset = async |by: AccountId, account_id, second| {
        let by = AuditActor {
            account_id: by,
            role: Role::Admin,
            origin: EventOrigin::default(),
        };
        let reset = FactorReset { by: &by, account_id };
        people.reset_second_factor(reset, at(second)).await
    };
    assert_eq!(
        refusal(reset(olga.id, olga.id, 2).await),
        IdentityRefusal::OwnFactor
    );
    assert_eq!(
        refusal(reset(olga.id, other.id, 3).await),
        IdentityRefusal::NoSecondFactor
    );
    reset(other.id, olga.id, 4).await.unwrap();
    let signed_in = people
        .login(&email(OLGA), &password(PASSWORD), &phone_app(), at(5))
        .await;
    signed_in.unwrap();
    let recorded: Vec<(String, String)> =
        sqlx::query_as("select purpose, target_id from identity.security_events where actor_id = $1")
            .bind(other.id.uuid())
            .fetch_all(&olga.fixture.pool)
            .await
            .unwrap();
    assert_eq!(
        recorded,
        [("reset_second_factor".to_owned(), olga.id.to_string())]
    );
}

#[tokio::test]
async fn a_session_is_opened_by_what_the_account_has_now_and_not_by_what_it_had() {
    let olga = Enrolled::new().await;
    let people = &olga.fixture.people;
    let owner = people.account(olga.id).await.unwrap().unwrap();
    let open = async |account: Account, proof| {
        people
            .start_session(account, &phone_app(), None, proof, at(60))
            .await
    };
    // The password was proven before there was an app; or registering was sent again.
    let by_password = open(owner.clone(), Proof::Password).await;
    assert_eq!(refusal(by_password), IdentityRefusal::SecondFactorDue);
    open(owner, Proof::SecondFactor).await.unwrap();
    // The code was proven, and then an admin took the app away.
    let other = account("plain@example.com", NewRole::Patient);
    let other = people.create_account(other, at(1)).await.unwrap();
    let by_code = open(other.clone(), Proof::SecondFactor).await;
    assert_eq!(refusal(by_code), IdentityRefusal::SecondFactorDue);
    open(other, Proof::Password).await.unwrap();
}

#[tokio::test]
async fn a_proof_is_fresh_for_five_minutes_in_its_session_alone() {
    let olga = Enrolled::new().await;
    let people = &olga.fixture.people;
    let session = people.own_sessions(olga.id, at(1)).await.unwrap()[0].id;
    let fresh = async |second| people.has_fresh_proof(session, at(second)).await.unwrap();
    let whole = PROOF_FRESH.as_secs();
    assert!(fresh(whole - 1).await && !fresh(whole).await);
    let prove = async |given: Given, second| people.prove((olga.id, session), &given, at(second)).await;
    assert_eq!(
        refusal(prove(Given::Password(password(PASSWORD)), whole).await),
        IdentityRefusal::SecondFactorDue,
        "whoever has an app proves by it"
    );
    assert_eq!(
        refusal(prove(Given::Code(olga.code(0)), whole).await),
        IdentityRefusal::WrongCode
    );
    assert!(!fresh(whole).await);
    prove(Given::Code(olga.code(whole)), whole).await.unwrap();
    assert!(fresh(2 * whole - 1).await && !fresh(2 * whole).await);
    let pending = olga.pending(at(whole + 31)).await;
    olga.brings(&pending, &olga.code(whole + 31), whole + 31)
        .await
        .unwrap();
    assert!(!fresh(2 * whole).await, "another session's proof");
}

#[tokio::test]
async fn the_tables_hold_no_secret_and_no_code_and_a_copied_row_does_not_open() {
    let olga = Enrolled::new().await;
    let (people, pool) = (&olga.fixture.people, &olga.fixture.pool);
    let sealed: Vec<u8> = sqlx::query_scalar("select sealed from identity.totp_secrets")
        .fetch_one(pool)
        .await
        .unwrap();
    let base32 = olga.secret.base32();
    assert!(
        !sealed
            .windows(8)
            .any(|part| base32.as_bytes().windows(8).any(|of| of == part))
    );
    assert!(sealed.len() > 20);
    let ivan = people.register(patient("ivan@example.com"), at(1)).await.unwrap();
    sqlx::query(
        "insert into identity.totp_secrets (account_id, sealed, created_at, confirmed_at) values ($1, $2, now(), now())",
    )
    .bind(ivan.id.uuid())
    .bind(sealed)
    .execute(pool)
    .await
    .unwrap();
    let copied = people.take_code(ivan.id, &olga.code(30), at(2)).await;
    assert!(
        matches!(copied, Err(identity::IdentityError::Sealing(_))),
        "{copied:?}"
    );
}

#[tokio::test]
async fn sessions_of_staff_are_shorter_than_patients() {
    let fixture = TestIdentity::new().await;
    let people = &fixture.people;
    people.register(patient("ivan@example.com"), at(0)).await.unwrap();
    let analyst = account(OLGA, NewRole::Analyst);
    people.create_account(analyst, at(0)).await.unwrap();
    let opened = async |address: &str| {
        let (address, secret) = (email(address), password(PASSWORD));
        people
            .login(&address, &secret, &phone_app(), at(0))
            .await
            .unwrap()
            .refresh_token
    };
    let (patients, analysts) = (opened("ivan@example.com").await, opened(OLGA).await);
    let hour = 60 * 60;
    let refresh = async |token: RefreshToken, second| people.refresh(&token, &phone_app(), at(second)).await;
    assert_eq!(
        refusal(refresh(analysts, hour).await),
        IdentityRefusal::RefreshExpired
    );
    let mut token = opened(OLGA).await;
    for minute in (30..12 * 60).step_by(30) {
        token = refresh(token, minute * 60).await.unwrap().refresh_token;
    }
    assert_eq!(
        refusal(refresh(token, 12 * hour).await),
        IdentityRefusal::RefreshExpired,
        "however much it is used"
    );
    refresh(patients, 29 * 24 * hour).await.unwrap();
}
