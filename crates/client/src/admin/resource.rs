//! Sends the requests of a noun, and finds the organization to which its objects belong.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::by::{By, Id};
use crate::api::{ApiRequest, Method};
use crate::client::Client;
use crate::dialect::Noun;
use crate::error::{Error, ErrorKind};

/// The client with which the calls of a noun are sent.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    client: Client,
    noun: Noun,
    /// The organization that the caller named, which takes precedence over the client's.
    organization: Option<By>,
}

/// Extra fields of an object, which this crate does not know.
pub(super) type Extra = serde_json::Map<String, Value>;

impl Resource {
    pub(super) fn new(client: &Client, noun: Noun) -> Self {
        Self {
            client: client.clone(),
            noun,
            organization: None,
        }
    }

    pub(super) fn in_organization(mut self, organization: By) -> Self {
        self.organization = Some(organization);
        self
    }

    /// Returns a request to `/api/v2` followed by these segments.
    pub(super) fn to(method: Method, segments: &[&str]) -> ApiRequest {
        ApiRequest::at(method, &[&["api", "v2"], segments].concat())
    }

    /// Sends a request, and reads the object in its answer.
    pub(super) async fn read<T: DeserializeOwned>(&self, request: &ApiRequest) -> Result<T, Error> {
        let body = self.send(request).await?;
        serde_json::from_value(body).map_err(|error| self.unreadable(&error))
    }

    /// Sends a request, and reads the object that its answer contains under this key.
    pub(super) async fn read_key<T: DeserializeOwned>(
        &self,
        request: &ApiRequest,
        key: &str,
    ) -> Result<T, Error> {
        let mut body = self.send(request).await?;
        let inner = body.get_mut(key).map(Value::take);
        let inner = inner.ok_or_else(|| self.broken(&format!("has no `{key}`")))?;
        // The server writes an empty list of some nouns as null.
        let inner = if inner.is_null() {
            Value::Array(Vec::new())
        } else {
            inner
        };
        serde_json::from_value(inner).map_err(|error| self.unreadable(&error))
    }

    /// Sends a request whose answer contains nothing of interest.
    pub(super) async fn run(&self, request: &ApiRequest) -> Result<(), Error> {
        self.send(request).await.map(|_| ())
    }

    async fn send(&self, request: &ApiRequest) -> Result<Value, Error> {
        self.check().await?;
        self.client.request(request).await?.json()
    }

    /// Refuses the noun if the generation of the server lacks it.
    pub(super) async fn check(&self) -> Result<(), Error> {
        self.noun.check(self.client.dialect().await?)
    }

    /// Returns the error for an answer that is not the expected object. The error quotes no value
    /// of the answer, which may be a token.
    fn unreadable(&self, error: &serde_json::Error) -> Error {
        let text = error.to_string();
        let text = text.strip_prefix("missing field").map_or_else(
            || "has a field of an unexpected type".to_owned(),
            |rest| format!("has no field{rest}"),
        );
        self.broken(&text)
    }

    fn broken(&self, why: &str) -> Error {
        let text = format!("{}: the answer of the server {why}", self.noun.name());
        Error::new(ErrorKind::Decode, false, text)
    }

    /// The organization that the caller or the client's configuration names.
    fn organization(&self) -> Option<By> {
        let own = self.organization.clone();
        own.or_else(|| {
            let default = self.client.config().names().organization.as_deref();
            default.filter(|name| !name.is_empty()).map(By::from)
        })
    }

    /// Whether the caller or the client's configuration names an organization.
    pub(super) fn has_organization(&self) -> bool {
        self.organization().is_some()
    }

    /// Adds the organization, if there is one, to the query string of a request.
    pub(super) fn scoped(&self, request: ApiRequest) -> Result<ApiRequest, Error> {
        Ok(match self.organization() {
            None => request,
            Some(By::Name(name)) => request.query("org", name),
            Some(By::Id(id)) => request.query("orgID", id.checked()?),
        })
    }

    /// Adds the organization to the query string of a request that needs one.
    pub(super) async fn scoped_always(&self, request: ApiRequest) -> Result<ApiRequest, Error> {
        self.check().await?;
        match self.organization() {
            None => Err(self.without_organization()),
            Some(_) => self.scoped(request),
        }
    }

    /// Returns the ID of the organization. An organization that is named is looked up.
    pub(super) async fn organization_id(&self) -> Result<String, Error> {
        self.check().await?;
        let name = match self.organization() {
            None => return Err(self.without_organization()),
            Some(By::Id(id)) => return id.checked().map(str::to_owned),
            Some(By::Name(name)) => name,
        };
        let found = self.client.organizations().find(&name).await?;
        found
            .map(|found| found.id)
            .ok_or_else(|| self.none("organization", &By::Name(name)))
    }

    /// Returns the ID of a user. A user that is named is looked up.
    pub(super) async fn user_id(&self, user: By) -> Result<String, Error> {
        let name = match user {
            By::Id(id) => return id.checked().map(str::to_owned),
            By::Name(name) => name,
        };
        let found = self.client.users().find(&name).await?;
        found
            .map(|found| found.id)
            .ok_or_else(|| self.none("user", &By::Name(name)))
    }

    /// Returns the ID of a bucket of the same organization. A bucket that is named is looked up.
    pub(super) async fn bucket_id(&self, bucket: By) -> Result<String, Error> {
        let buckets = self.client.buckets();
        let buckets = match &self.organization {
            Some(organization) => buckets.organization(organization.clone()),
            None => buckets,
        };
        buckets.id_of(bucket).await
    }

    fn without_organization(&self) -> Error {
        Error::config(format!(
            "{}: the organization is missing: pass it or set it on the client",
            self.noun.name()
        ))
    }

    /// Returns the only object of a list of objects with a name.
    pub(super) fn only<T>(
        &self,
        kind: &str,
        name: &str,
        mut found: Vec<T>,
    ) -> Result<Option<T>, Error> {
        if found.len() > 1 {
            let count = found.len();
            return Err(Error::config(format!(
                "{}: {count} {kind}s have the name {}; hint: pass the ID, or the organization",
                self.noun.name(),
                By::from(name)
            )));
        }
        Ok(found.pop())
    }

    /// Returns the error for an object that does not exist.
    pub(super) fn none(&self, kind: &str, which: &By) -> Error {
        let noun = self.noun.name();
        let text = format!("{noun}: there is no {kind} {which}");
        Error::new(ErrorKind::NotFound, false, text)
    }
}

/// Returns the ID of an object, which is looked up if the caller names the object by its name.
macro_rules! id_of {
    ($nouns:expr, $kind:literal, $by:expr, |$found:ident| $id:expr) => {
        match $by {
            By::Id(id) => id.checked()?.to_owned(),
            By::Name(name) => match $nouns.find(&name).await? {
                Some($found) => $id,
                None => return Err($nouns.0.none($kind, &By::Name(name))),
            },
        }
    };
}

pub(super) use id_of;

/// Refuses an empty name, which the server would accept for some nouns.
pub(super) fn not_empty(what: &str, name: &str) -> Result<(), Error> {
    if name.is_empty() {
        return Err(Error::config(format!("{what}: must not be empty")));
    }
    Ok(())
}

/// Adds the values that are set to a JSON object.
pub(super) fn object(pairs: impl IntoIterator<Item = (&'static str, Option<Value>)>) -> Value {
    let set = pairs.into_iter();
    set.filter_map(|(key, value)| Some((key.to_owned(), value?)))
        .collect::<Extra>()
        .into()
}

/// Returns the body of an update. An update that changes nothing is refused.
pub(super) fn changes(
    pairs: impl IntoIterator<Item = (&'static str, Option<Value>)>,
) -> Result<Value, Error> {
    match object(pairs) {
        Value::Object(set) if set.is_empty() => Err(Error::config("update: nothing to change")),
        body => Ok(body),
    }
}

/// Returns the JSON of a text that is set.
pub(super) fn text(text: Option<&str>) -> Option<Value> {
    text.map(Value::from)
}

/// Returns the ID of an object of the server.
pub(super) fn id(id: &Id) -> Result<&str, Error> {
    id.checked()
}

/// Defines setters for the optional texts of a type that describes what to create or to change.
macro_rules! text_setters {
    ($type:ident: $($(#[$doc:meta])+ $field:ident),+ $(,)?) => {
        impl $type {
            $(
                $(#[$doc])+
                #[must_use]
                pub fn $field(mut self, text: impl Into<String>) -> Self {
                    self.$field = Some(text.into());
                    self
                }
            )+
        }
    };
}

pub(super) use text_setters;
