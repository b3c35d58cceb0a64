//! An address is somebody's once it is proven; until then any number of accounts say that it is theirs, and none of them is in another's way.

use domain::ids::AccountId;
use identity::{
    Account, AuditActor, EventOrigin, IdentityRefusal, MailContent, NewPatient, NewRole, OneTimeCode,
    PasswordChange, People, Proof, SignIn, SignInOrigin, SignedIn,
};
use jiff::SignedDuration;

use crate::kit::{TestIdentity, account, at, email, name, password, patient, phone, phone_app, refusal};

pub const ADDRESS: &str = "ivan@example.com";
pub const MINE: &str = "amber-tunnel-violin";
pub const THEIRS: &str = "copper-lantern-river";
pub const THIRD: &str = "moss-kettle-ferry-9";

pub async fn with_mail() -> TestIdentity {
    TestIdentity::with(|options| options.sends_mail = true).await
}

fn saying(address: &str, chosen: &str) -> NewPatient {
    NewPatient {
        password: password(chosen),
        ..patient(address)
    }
}

pub async fn registered(people: &People, chosen: &str, second: i64) -> Account {
    people
        .register(saying(ADDRESS, chosen), at(second))
        .await
        .unwrap()
}

pub async fn signed_in(people: &People, chosen: &str, second: i64) -> SignedIn {
    people
        .login(&email(ADDRESS), &password(chosen), &phone_app(), at(second))
        .await
        .unwrap()
}

pub fn actor(account: &Account) -> AuditActor {
    AuditActor {
        account_id: account.id,
        role: account.role,
        origin: EventOrigin::default(),
    }
}

/// What waits to be sent, with whose account it is about; the mails are gone then.
pub async fn mail(people: &People, second: i64) -> Vec<(AccountId, MailContent)> {
    let due = people
        .due_mail(at(second), SignedDuration::from_mins(2), 100)
        .await
        .unwrap();
    let mut contents = Vec::new();
    for mail in due {
        people.forget_mail(mail.id).await.unwrap();
        contents.push((mail.account_id, mail.content));
    }
    contents
}

/// The only code that waits, and whose.
pub async fn code(people: &People, second: i64) -> (AccountId, OneTimeCode) {
    let mut mail = mail(people, second).await;
    assert_eq!(mail.len(), 1, "one code");
    let (id, content) = mail.remove(0);
    let (MailContent::EmailCode { code } | MailContent::PasswordResetCode { code }) = content else {
        panic!("no code");
    };
    (id, OneTimeCode::parse(&code).unwrap())
}

pub async fn email_code(people: &People, account: &Account, second: i64) -> OneTimeCode {
    people.send_email_code(account.id, at(second)).await.unwrap();
    let (id, code) = code(people, second).await;
    assert_eq!(id, account.id);
    code
}

pub async fn proven(people: &People, account: &Account, second: i64) -> Account {
    let code = email_code(people, account, second).await;
    people
        .confirm_email(&actor(account), &code, at(second))
        .await
        .unwrap()
}

#[tokio::test]
async fn accounts_under_one_address_each_sign_in_with_their_own_password() {
    let fixture = TestIdentity::new().await;
    let people = &fixture.people;
    let mut made = Vec::new();
    for chosen in [MINE, THEIRS, THIRD] {
        let number = NewPatient {
            phone: Some(phone("+79991234567")),
            ..saying(ADDRESS, chosen)
        };
        let account = people.register(number, at(0)).await.unwrap();
        assert!(!account.holds_email());
        made.push((chosen, account.id));
    }
    let salts: i64 = sqlx::query_scalar(
        "select count(distinct split_part(password_hash, '$', 5)) from identity.credentials",
    )
    .fetch_one(&fixture.pool)
    .await
    .unwrap();
    assert_eq!(salts, 1, "one hash is compared with all");
    for (chosen, id) in made {
        assert_eq!(signed_in(people, chosen, 1).await.account.id, id, "{chosen}");
    }
    let wrong = people
        .login(
            &email(ADDRESS),
            &password("a fourth password"),
            &phone_app(),
            at(2),
        )
        .await;
    assert_eq!(refusal(wrong), IdentityRefusal::WrongCredentials);
    assert_eq!(people.account_with_email(&email(ADDRESS)).await.unwrap(), None);
}

#[tokio::test]
async fn whoever_registers_with_the_password_of_an_account_is_no_stranger_to_it() {
    let fixture = TestIdentity::new().await;
    let people = &fixture.people;
    let mine = registered(people, MINE, 0).await;
    let theirs = registered(people, THEIRS, 0).await;
    assert_ne!(mine.id, theirs.id);
    for (chosen, id) in [(MINE, mine.id), (THEIRS, theirs.id)] {
        assert_eq!(
            registered(people, chosen, 599).await.id,
            id,
            "the same registration"
        );
        let late = people.register(saying(ADDRESS, chosen), at(600)).await;
        assert_eq!(refusal(late), IdentityRefusal::EmailTaken);
        let other = NewPatient {
            first_name: name("Пётр"),
            ..saying(ADDRESS, chosen)
        };
        assert_eq!(
            refusal(people.register(other, at(1)).await),
            IdentityRefusal::EmailTaken
        );
    }
    // An operator's account is no patient's, and what its password is nobody is told who does not know it.
    let admin = account("olga@example.com", NewRole::Admin);
    people.create_account(admin, at(0)).await.unwrap();
    let guess = people
        .register(saying("olga@example.com", MINE), at(1))
        .await
        .unwrap();
    assert_eq!(guess.role, domain::people::Role::Patient);
    let knows = people.register(patient("olga@example.com"), at(1)).await;
    assert_eq!(refusal(knows), IdentityRefusal::EmailTaken);
}

#[tokio::test]
async fn many_registrations_at_once_make_one_account_for_each_password_under_one_salt() {
    let fixture = TestIdentity::new().await;
    let passwords = [MINE, THEIRS, THIRD, MINE, THEIRS, THIRD];
    let registering = passwords.map(|chosen| fixture.people.register(saying(ADDRESS, chosen), at(0)));
    let [one, two, three, four, five, six] = registering;
    let made: [_; 6] = tokio::join!(one, two, three, four, five, six).into();
    let made = made.map(|account| account.unwrap().id);
    assert_eq!(made[..3], made[3..]);
    let counted: (i64, i64) = sqlx::query_as(
        "select count(*), count(distinct split_part(password_hash, '$', 5)) from identity.credentials",
    )
    .fetch_one(&fixture.pool)
    .await
    .unwrap();
    assert_eq!(counted, (3, 1));
}

#[tokio::test]
async fn an_address_is_one_account_s_once_proven_also_of_many_who_confirm_at_once() {
    let fixture = with_mail().await;
    let people = &fixture.people;
    let one = registered(people, MINE, 0).await;
    let other = registered(people, THEIRS, 0).await;
    let codes = (
        email_code(people, &one, 1).await,
        email_code(people, &other, 1).await,
    );
    let (first, second) = (actor(&one), actor(&other));
    let (first, second) = tokio::join!(
        people.confirm_email(&first, &codes.0, at(2)),
        people.confirm_email(&second, &codes.1, at(2)),
    );
    let (holder, late) = match first.is_ok() {
        true => (first.unwrap(), second),
        false => (second.unwrap(), first),
    };
    assert!(holder.email_proven);
    assert_eq!(refusal(late), IdentityRefusal::EmailTaken);
    let held: i64 =
        sqlx::query_scalar("select count(*) from identity.contacts where email_proven_at is not null")
            .fetch_one(&fixture.pool)
            .await
            .unwrap();
    assert_eq!(held, 1);
    // The other goes on, under the address of somebody else.
    for chosen in [MINE, THEIRS] {
        signed_in(people, chosen, 3).await;
    }
    let found = people.account_with_email(&email(ADDRESS)).await.unwrap();
    assert_eq!(found.unwrap().id, holder.id);
}

#[tokio::test]
async fn what_an_operator_gives_counts_as_proven_and_a_claim_is_in_nobody_s_way() {
    let fixture = with_mail().await;
    let people = &fixture.people;
    let claim = NewPatient {
        phone: Some(phone("+79991234567")),
        ..saying(ADDRESS, THEIRS)
    };
    let claim = people.register(claim, at(0)).await.unwrap();
    let mut new = account(ADDRESS, NewRole::Analyst);
    new.phone = Some(phone("+79991234567"));
    let made = people.create_account(new.clone(), at(1)).await.unwrap();
    assert!(made.holds_email() && !made.email_proven);
    assert_eq!(
        refusal(people.create_account(new.clone(), at(2)).await),
        IdentityRefusal::EmailTaken
    );
    new.email = email("other@example.com");
    assert_eq!(
        refusal(people.create_account(new, at(2)).await),
        IdentityRefusal::PhoneTaken
    );
    let code = email_code(people, &claim, 3).await;
    let refused = people.confirm_email(&actor(&claim), &code, at(4)).await;
    assert_eq!(refusal(refused), IdentityRefusal::EmailTaken);
}

#[tokio::test]
async fn a_device_opens_the_account_that_it_is_of_and_frees_no_guess_at_another() {
    let fixture = TestIdentity::new().await;
    let people = &fixture.people;
    let mine = registered(people, MINE, 0).await;
    registered(people, THEIRS, 0).await;
    let theirs = signed_in(people, THEIRS, 1).await.device_token.unwrap();
    assert!(
        people
            .knows_device(&email(ADDRESS), &theirs, at(2))
            .await
            .unwrap()
    );
    assert!(!people.knows_device_of(mine.id, &theirs, at(2)).await.unwrap());
    let origin = SignInOrigin {
        device_token: Some(theirs),
        ..SignInOrigin::default()
    };
    let login = async |chosen: &str| {
        let (email, chosen) = (email(ADDRESS), password(chosen));
        people
            .login_from(&email, &chosen, &phone_app(), &origin, at(3))
            .await
    };
    assert_eq!(refusal(login(MINE).await), IdentityRefusal::WrongCredentials);
    assert!(matches!(login(THEIRS).await, Ok(SignIn::Complete(_))));
}

#[tokio::test]
async fn a_password_of_another_account_under_the_address_is_not_chosen_by_a_claim() {
    let fixture = with_mail().await;
    let people = &fixture.people;
    let mine = registered(people, MINE, 0).await;
    let theirs = registered(people, THEIRS, 0).await;
    let change = async |id: AccountId, current: &str, chosen: &str, second: i64| {
        let change = PasswordChange {
            account_id: id,
            current: password(current),
            chosen: password(chosen),
            proof: Proof::Password,
        };
        people.change_password(&change, &phone_app(), at(second)).await
    };
    let refused = change(theirs.id, THEIRS, MINE, 1).await;
    assert_eq!(refusal(refused), IdentityRefusal::EmailTaken);
    change(theirs.id, THEIRS, THIRD, 2).await.unwrap();
    assert_eq!(signed_in(people, THIRD, 3).await.account.id, theirs.id);
    assert_eq!(signed_in(people, MINE, 3).await.account.id, mine.id);
    // The holder chooses as they like, and it is theirs.
    proven(people, &mine, 4).await;
    change(mine.id, MINE, THIRD, 5).await.unwrap();
    assert_eq!(signed_in(people, THIRD, 6).await.account.id, mine.id);
}

#[tokio::test]
async fn claims_have_a_dozen_codes_a_day_sent_to_an_address_all_together() {
    let fixture = with_mail().await;
    let people = &fixture.people;
    let mut sent = 0;
    for number in 0..14 {
        let chosen = format!("amber-tunnel-violin-{number}");
        let claim = registered(people, &chosen, number).await;
        people.send_email_code(claim.id, at(number)).await.unwrap();
        sent += mail(people, number).await.len();
    }
    assert_eq!(sent, 12);
    let later = registered(people, MINE, 86_500).await;
    proven(people, &later, 86_500).await;
}
