//! Administers a server of InfluxDB 2.x, with typed calls that are grouped by noun.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use aioinflux::admin::NewBucket;
//! use aioinflux::{Auth, Client, Config};
//!
//! # async fn run() -> Result<(), aioinflux::Error> {
//! let config = Config::new("http://localhost:8086")?
//!     .auth(Auth::token("my-token"))
//!     .organization("my-org");
//! let client = Client::new(config)?;
//! let week = Duration::from_secs(7 * 24 * 3600);
//! client.buckets().create(NewBucket::new("demo").retention(week)).await?;
//! let mut buckets = client.buckets().list();
//! while let Some(bucket) = buckets.next().await {
//!     println!("{}", bucket?.name);
//! }
//! client.buckets().delete("demo").await?;
//! # Ok(())
//! # }
//! ```
//!
//! A text names an object by its name; [`Id`] names it by its ID. Each object keeps the fields that
//! this crate does not know in `extra`. A generation that lacks a noun returns an error before
//! anything is sent. [`Client::request`] sends a request to any other endpoint.
//!
//! | file | what |
//! |---|---|
//! | `buckets`, `organizations`, `users`, `authorizations`, `tasks`, `runs`, `labels`, `dbrps`, `secrets` | one noun each |
//! | `server` | set-up, health and readiness of the server |
//! | `delete` | deleting points |
//! | `by` | names and IDs |
//! | `pages` | lists that the server returns page by page |
//! | `resource` | what all nouns share: requests, and the organization |

mod authorizations;
mod buckets;
mod by;
mod dbrps;
mod delete;
mod labels;
mod organizations;
mod pages;
mod resource;
mod runs;
mod secrets;
mod server;
mod tasks;
mod users;

pub use crate::deletion::{Delete, Predicate};
pub use authorizations::{
    Authorization, AuthorizationUpdate, Authorizations, NewAuthorization, Permission, TokenResource,
};
pub use buckets::{Bucket, BucketUpdate, Buckets, NewBucket, Retention, RetentionRule};
pub use by::{By, Id};
pub use dbrps::{Dbrp, DbrpUpdate, Dbrps, NewDbrp};
pub use labels::{Label, LabelUpdate, Labels, NewLabel};
pub use organizations::{NewOrganization, Organization, OrganizationUpdate, Organizations};
pub use pages::{Page, Pages};
pub use runs::{LogEvent, Run};
pub use secrets::Secrets;
pub use server::{Health, NewServer, Ready, Setup};
pub use tasks::{NewTask, Task, TaskFilter, TaskUpdate, Tasks};
pub use users::{NewUser, User, UserUpdate, Users};

use resource::Resource;

use crate::api::{ApiRequest, ApiResponse};
use crate::client::Client;
use crate::config::Names;
use crate::decode::End;
use crate::dialect::{Kind, Noun, Operation};
use crate::error::Error;
use crate::in_memory;

/// Administration. See the module [`admin`](crate::admin).
impl Client {
    /// The buckets of an organization.
    pub fn buckets(&self) -> Buckets {
        Buckets(Resource::new(self, Noun::Buckets))
    }

    /// The organizations of the server.
    pub fn organizations(&self) -> Organizations {
        Organizations(Resource::new(self, Noun::Organizations))
    }

    /// The users of the server.
    pub fn users(&self) -> Users {
        Users(Resource::new(self, Noun::Users))
    }

    /// The authorizations of an organization: its API tokens and what they permit.
    pub fn authorizations(&self) -> Authorizations {
        Authorizations(Resource::new(self, Noun::Authorizations))
    }

    /// The tasks of an organization: Flux scripts that the server runs at certain times.
    pub fn tasks(&self) -> Tasks {
        Tasks(Resource::new(self, Noun::Tasks))
    }

    /// The labels of an organization.
    pub fn labels(&self) -> Labels {
        Labels(Resource::new(self, Noun::Labels))
    }

    /// The mappings from databases and retention policies of 1.x to buckets.
    pub fn dbrps(&self) -> Dbrps {
        Dbrps(Resource::new(self, Noun::Dbrps))
    }

    /// The secrets of an organization, which Flux scripts can read.
    pub fn secrets(&self) -> Secrets {
        Secrets(Resource::new(self, Noun::Secrets))
    }

    /// Sends a request to any endpoint of the server, with the client's credentials.
    ///
    /// # Errors
    ///
    /// Fails if the server cannot be reached, or if it answers with a status other than 200 to 299.
    /// The error has the status, and the code and the message of the server. Also fails if the
    /// answer is a web page, which is not from the API.
    pub async fn request(&self, request: &ApiRequest) -> Result<ApiResponse, Error> {
        let target = self.exchange.resolve(&Names::default()).await?;
        let sent = self
            .exchange
            .send(&target, &Operation::Api(request), true)
            .await?;
        let mut reply = sent.reply;
        let (body, whole) = reply.body.collect(usize::MAX).await;
        let checked = whole.and_then(|()| match reply.body.end() {
            End::Proven => Ok(()),
            End::Unproven => Err(in_memory::unproven()),
        });
        checked.map_err(|error| error.during(Kind::Api.name(), &self.config().server()))?;
        Ok(ApiResponse {
            status: reply.status,
            headers: reply.headers.pairs(),
            body: body.into(),
        })
    }
}
