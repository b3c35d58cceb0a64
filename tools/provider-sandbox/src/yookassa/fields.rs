//! Reads a JSON body field by field, naming in each refusal the field at fault.

use serde_json::{Map, Value};

use crate::money::Kopecks;
use crate::state::payment::Metadata;
use crate::state::unsettled::NumericSums;
use crate::yookassa::errors::Refusal;

/// Metadata: pairs at most.
const METADATA_PAIRS_MAX: usize = 16;
/// Metadata: characters of a name at most.
const METADATA_NAME_MAX: usize = 32;
/// Metadata: characters of a value at most.
const METADATA_VALUE_MAX: usize = 512;

/// A JSON object and where it stands in the body.
#[derive(Debug, Clone)]
pub struct BodyFields<'a> {
    object: &'a Map<String, Value>,
    path: String,
    sums: NumericSums,
}

impl<'a> BodyFields<'a> {
    /// The body itself; what sums may be is one of the switches.
    /// Refuses with 400 when it is not an object.
    pub fn of(body: &'a Value, sums: NumericSums) -> Result<Self, Refusal> {
        let object = body
            .as_object()
            .ok_or_else(|| Refusal::request("The request body must be a JSON object"))?;
        Ok(Self {
            object,
            path: String::new(),
            sums,
        })
    }

    /// The full name of a field.
    pub fn name(&self, field: &str) -> String {
        format!("{}{field}", self.path)
    }

    /// 400 for a field.
    pub fn refuse(&self, field: &str, description: impl Into<String>) -> Refusal {
        Refusal::field(self.name(field), description)
    }

    /// A field as it is; `null` counts as absent.
    pub fn raw(&self, field: &str) -> Option<&'a Value> {
        self.object.get(field).filter(|value| !value.is_null())
    }

    /// What must not be absent: 400 when it is.
    pub fn need<T>(&self, field: &str, value: Option<T>) -> Result<T, Refusal> {
        value.ok_or_else(|| self.refuse(field, format!("Field {} is required", self.name(field))))
    }

    /// A text of at most so many characters: 400 when it is none.
    pub fn text(&self, field: &str, chars_max: usize) -> Result<Option<String>, Refusal> {
        let Some(value) = self.raw(field) else {
            return Ok(None);
        };
        let text = value
            .as_str()
            .ok_or_else(|| self.refuse(field, "Must be a string"))?;
        if text.chars().count() > chars_max {
            return Err(self.refuse(field, format!("Must have at most {chars_max} characters")));
        }
        Ok(Some(text.to_owned()))
    }

    /// A flag: 400 when it is none.
    pub fn flag(&self, field: &str) -> Result<Option<bool>, Refusal> {
        self.raw(field)
            .map(|value| {
                value
                    .as_bool()
                    .ok_or_else(|| self.refuse(field, "Must be a boolean"))
            })
            .transpose()
    }

    /// An object: 400 when it is none.
    pub fn child(&self, field: &str) -> Result<Option<Self>, Refusal> {
        let Some(value) = self.raw(field) else {
            return Ok(None);
        };
        let object = value
            .as_object()
            .ok_or_else(|| self.refuse(field, "Must be an object"))?;
        Ok(Some(Self {
            object,
            path: format!("{}.", self.name(field)),
            sums: self.sums,
        }))
    }

    /// A list of objects: 400 when it is none.
    pub fn children(&self, field: &str) -> Result<Option<Vec<Self>>, Refusal> {
        let Some(value) = self.raw(field) else {
            return Ok(None);
        };
        let items = value
            .as_array()
            .ok_or_else(|| self.refuse(field, "Must be an array"))?;
        let mut children = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let name = self.name(field);
            let object = item
                .as_object()
                .ok_or_else(|| Refusal::field(format!("{name}[{index}]"), "Must be an object"))?;
            children.push(Self {
                object,
                path: format!("{name}[{index}]."),
                sums: self.sums,
            });
        }
        Ok(Some(children))
    }

    /// A sum in roubles: `{"value": "1000.00", "currency": "RUB"}`; a number for a value by the switch only.
    /// Refuses with 400 when it is none, is not above nothing, or is another currency's.
    pub fn amount(&self, field: &str) -> Result<Option<Kopecks>, Refusal> {
        let Some(amount) = self.child(field)? else {
            return Ok(None);
        };
        let value = amount.need("value", amount.sum()?)?;
        let currency = amount.need("currency", amount.text("currency", 3)?)?;
        if currency != "RUB" {
            return Err(amount.refuse("currency", "This shop takes RUB only"));
        }
        let sum = Kopecks::parse(&value)
            .ok_or_else(|| amount.refuse("value", "Must be a sum with at most two decimals"))?;
        if sum <= Kopecks::ZERO {
            return Err(amount.refuse("value", "Must be above zero"));
        }
        Ok(Some(sum))
    }

    fn sum(&self) -> Result<Option<String>, Refusal> {
        match (self.sums, self.raw("value")) {
            (NumericSums::Accept, Some(Value::Number(number))) => Ok(Some(number.to_string())),
            (NumericSums::Accept | NumericSums::Refuse, _) => self.text("value", 32),
        }
    }

    /// Notes of the shop within YooKassa's limits; empty when absent. A value may be null.
    /// Refuses with 400 when they are too many, too long or no strings.
    pub fn metadata(&self) -> Result<Metadata, Refusal> {
        let Some(pairs) = self.child("metadata")? else {
            return Ok(Metadata::new());
        };
        if pairs.object.len() > METADATA_PAIRS_MAX {
            return Err(self.refuse("metadata", "Must have at most 16 keys"));
        }
        let mut metadata = Metadata::new();
        for (name, value) in pairs.object {
            let value = match value {
                Value::Null => None,
                Value::String(text) => Some(text.clone()),
                Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                    return Err(pairs.refuse(name, "Metadata values must be strings"));
                }
            };
            let length = value.as_deref().unwrap_or_default().chars().count();
            if name.chars().count() > METADATA_NAME_MAX || length > METADATA_VALUE_MAX {
                return Err(pairs.refuse(name, "Metadata keys have at most 32 characters and values 512"));
            }
            metadata.insert(name.clone(), value);
        }
        Ok(metadata)
    }
}
