//! A browser as far as payers need one: opens a page, shows its forms, presses a button, and is led on.

use reqwest::redirect::Policy;
use url::Url;

/// A page as it was answered.
#[derive(Clone, Debug)]
pub struct Page {
    /// Where it is.
    pub address: Url,
    /// The HTTP status.
    pub status: u16,
    /// Where it leads on by itself.
    pub leads_to: Option<String>,
    /// Its HTML.
    pub html: String,
}

/// A form of a page.
#[derive(Clone, Debug)]
struct Form {
    action: Url,
    /// Name and value of every field that is there before anybody types.
    fields: Vec<(String, String)>,
    /// Caption, name and value of every button; most have neither name nor value.
    buttons: Vec<(String, Option<(String, String)>)>,
}

/// Opens an address.
pub async fn open(address: &str) -> Page {
    let address: Url = address.parse().unwrap();
    answered(&address, client().get(address.clone())).await
}

impl Page {
    /// Presses the button whose caption contains `caption`, with these fields typed over.
    pub async fn press(&self, caption: &str, typed: &[(&str, &str)]) -> Page {
        let forms = self.forms();
        let fits = |form: &&Form| form.buttons.iter().any(|(words, _)| words.contains(caption));
        let Some(form) = forms.iter().find(fits) else {
            panic!("no button {caption} on {}", self.html);
        };
        let mut fields = form.fields.clone();
        for (name, text) in typed {
            let field = fields.iter_mut().find(|(known, _)| known == name);
            let (_, value) = field.unwrap_or_else(|| panic!("no field {name} on {}", self.html));
            (*text).clone_into(value);
        }
        let button = form.buttons.iter().find(|(words, _)| words.contains(caption));
        fields.extend(button.and_then(|(_, own)| own.clone()));
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let request = client()
            .post(form.action.clone())
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        answered(&form.action, request).await
    }

    /// Follows the link whose words contain `caption`.
    pub async fn follow(&self, caption: &str) -> Page {
        let link = self.html.split("<a ").skip(1).find_map(|part| {
            let (inside, words) = part.split_once('>')?;
            let (words, _) = words.split_once("</a>")?;
            words.contains(caption).then(|| attribute(inside, "href"))?
        });
        open(&link.unwrap_or_else(|| panic!("no link {caption} on {}", self.html))).await
    }

    /// Whether there is a button with this caption.
    pub fn offers(&self, caption: &str) -> bool {
        let forms = self.forms();
        let mut buttons = forms.iter().flat_map(|form| &form.buttons);
        buttons.any(|(words, _)| words.contains(caption))
    }

    fn forms(&self) -> Vec<Form> {
        let parts = self.html.split("<form ").skip(1);
        parts.map(|part| self.form(part)).collect()
    }

    fn form(&self, part: &str) -> Form {
        let (inside, rest) = part.split_once('>').unwrap();
        let (rest, _) = rest.split_once("</form>").unwrap();
        let action = attribute(inside, "action").unwrap_or_default();
        let inputs = rest.split("<input ").skip(1);
        let fields = inputs.filter_map(|input| {
            let inside = input.split_once('>')?.0;
            let value = attribute(inside, "value").unwrap_or_default();
            Some((attribute(inside, "name")?, value))
        });
        let buttons = rest.split("<button").skip(1).map(|button| {
            let (inside, words) = button.split_once('>').unwrap();
            let (words, _) = words.split_once("</button>").unwrap();
            let own = attribute(inside, "name").zip(attribute(inside, "value"));
            (words.to_owned(), own)
        });
        Form {
            action: self.address.join(&action).unwrap(),
            fields: fields.collect(),
            buttons: buttons.collect(),
        }
    }
}

/// A browser that says where it is led instead of going there, so that the way back to us can be looked at.
fn client() -> reqwest::Client {
    let builder = reqwest::Client::builder().no_proxy().redirect(Policy::none());
    builder.build().unwrap()
}

async fn answered(address: &Url, request: reqwest::RequestBuilder) -> Page {
    let answer = request.send().await.unwrap();
    let leads_to = answer.headers().get("location");
    Page {
        address: address.clone(),
        status: answer.status().as_u16(),
        leads_to: leads_to.map(|place| place.to_str().unwrap().to_owned()),
        html: answer.text().await.unwrap(),
    }
}

/// An attribute of an element, its entities read.
fn attribute(inside: &str, name: &str) -> Option<String> {
    let (_, from) = inside.split_once(&format!("{name}=\""))?;
    let (value, _) = from.split_once('"')?;
    let named = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ];
    let read = named.iter().fold(value.to_owned(), |text, (entity, letter)| {
        text.replace(entity, letter)
    });
    Some(read)
}
