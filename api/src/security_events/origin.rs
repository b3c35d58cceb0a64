//! Where a request comes from, as the audit trail tells it: carried with the request, and worked out only where something is recorded.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use axum::extract::MatchedPath;
use domain::ids::{AccountId, AppId};
use domain::people::Role;
use http::request::Parts;
use identity::{EventOrigin, MasterKeys, address_hash};

use super::operations;
use crate::address::Address;
use crate::app::App;
use crate::trace::TraceId;

/// Of one request; cheap to clone.
#[derive(Clone)]
pub struct RequestOrigin(Arc<Request>);

struct Request {
    method: &'static str,
    route: Option<MatchedPath>,
    address: IpAddr,
    trace_id: TraceId,
    keys: MasterKeys,
    caller: OnceLock<(AccountId, Role)>,
    app: OnceLock<AppId>,
    is_told: AtomicBool,
}

impl RequestOrigin {
    /// Of the request with this method, route, address and trace.
    pub fn new(
        app: &App,
        (method, route): (&'static str, Option<MatchedPath>),
        Address(address): Address,
        trace_id: TraceId,
    ) -> Self {
        Self(Arc::new(Request {
            method,
            route,
            address,
            trace_id,
            keys: app.people().master_keys().clone(),
            caller: OnceLock::new(),
            app: OnceLock::new(),
            is_told: AtomicBool::new(false),
        }))
    }

    /// The one that [`crate::middleware`] gave the request.
    pub fn of_parts(parts: &Parts, app: &App) -> Self {
        parts.extensions.get().cloned().unwrap_or_else(|| {
            let route = parts.extensions.get::<MatchedPath>().cloned();
            let address = Address::of_parts(parts, app);
            Self::new(app, ("OTHER", route), address, TraceId::of_parts(parts))
        })
    }

    /// Notes whose token was believed.
    pub fn set_caller(&self, id: AccountId, role: Role) {
        // The same request has one token.
        let _already_known = self.0.caller.set((id, role));
    }

    /// Whose token was believed, if any was.
    pub fn caller(&self) -> Option<(AccountId, Role)> {
        self.0.caller.get().copied()
    }

    /// Notes which app asks.
    pub fn set_app(&self, app: AppId) {
        let _already_known = self.0.app.set(app);
    }

    /// The id of the operation that is asked for.
    pub fn operation(&self) -> &'static str {
        match self.route() {
            Some(route) => operations::id_of(self.0.method, route),
            None => operations::NONE,
        }
    }

    /// Notes that what happened stands in the trail already.
    pub fn set_told(&self) {
        self.0.is_told.store(true, Ordering::Relaxed);
    }

    /// Whether it does.
    pub fn is_told(&self) -> bool {
        self.0.is_told.load(Ordering::Relaxed)
    }

    /// The client's address, which is not told.
    pub fn address(&self) -> IpAddr {
        self.0.address
    }

    /// The path as the router knows it.
    pub fn route(&self) -> Option<&str> {
        self.0.route.as_ref().map(MatchedPath::as_str)
    }

    /// Whether the method only reads.
    pub fn only_reads(&self) -> bool {
        matches!(self.0.method, "GET" | "HEAD" | "OPTIONS")
    }

    /// As the trail tells it.
    pub fn event_origin(&self) -> EventOrigin {
        EventOrigin {
            operation: self.operation().into(),
            trace_id: Some(self.0.trace_id.to_string()),
            address_hash: address_hash(&self.0.keys, self.0.address),
            app_id: self.0.app.get().copied(),
        }
    }
}

impl std::fmt::Debug for RequestOrigin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequestOrigin")
            .field("trace_id", &self.0.trace_id)
            .finish_non_exhaustive()
    }
}
