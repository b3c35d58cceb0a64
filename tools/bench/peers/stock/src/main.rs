#![doc = include_str!("../README.md")]

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use cqrs_es::event_sink::EventSink;
use cqrs_es::persist::GenericQuery;
use cqrs_es::{Aggregate, DomainEvent, EventEnvelope, View};
use postgres_es::{PostgresCqrs, PostgresViewRepository, postgres_cqrs};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;

/// Connections to Postgres; the stock default of 10 measured slower.
const CONNECTIONS: u32 = 32;

const TABLES: &str = "
create table if not exists events (
    aggregate_type text not null, aggregate_id text not null, sequence bigint not null check (sequence >= 0),
    event_type text not null, event_version text not null, payload json not null, metadata json not null,
    primary key (aggregate_type, aggregate_id, sequence));
create table if not exists booking_view (view_id text primary key, version bigint not null check (version >= 0), payload json not null);";

/// What a client posts.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
struct BookingRequest {
    call_type: String,
    address: String,
    amount: String,
    symptoms: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
enum BookingEvent {
    Requested {
        booking_id: Uuid,
        patient_id: Uuid,
        request: BookingRequest,
    },
}

impl DomainEvent for BookingEvent {
    fn event_type(&self) -> String {
        "BookingRequested".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

enum BookingCommand {
    Request {
        booking_id: Uuid,
        patient_id: Uuid,
        request: BookingRequest,
    },
}

#[derive(Debug, PartialEq, Eq)]
struct Refused(&'static str);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Refused {}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Booking {
    requested: bool,
}

impl Aggregate for Booking {
    const TYPE: &'static str = "booking";
    type Command = BookingCommand;
    type Event = BookingEvent;
    type Error = Refused;
    type Services = ();

    async fn handle(
        &mut self,
        command: BookingCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), Refused> {
        let BookingCommand::Request {
            booking_id,
            patient_id,
            request,
        } = command;
        if self.requested {
            return Err(Refused("already requested"));
        }
        if !["urgent", "scheduled", "consultation"].contains(&request.call_type.as_str()) {
            return Err(Refused("unknown call type"));
        }
        sink.write(
            BookingEvent::Requested {
                booking_id,
                patient_id,
                request,
            },
            self,
        )
        .await;
        Ok(())
    }

    fn apply(&mut self, _: BookingEvent) {
        self.requested = true;
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct BookingView {
    booking_id: Option<Uuid>,
    patient_id: Option<Uuid>,
    request: Option<BookingRequest>,
    status: String,
}

impl View<Booking> for BookingView {
    fn update(&mut self, event: &EventEnvelope<Booking>) {
        let BookingEvent::Requested {
            booking_id,
            patient_id,
            request,
        } = &event.payload;
        self.booking_id = Some(*booking_id);
        self.patient_id = Some(*patient_id);
        self.request = Some(request.clone());
        self.status = "pending".to_owned();
    }
}

#[derive(Serialize)]
struct BookingResponse {
    id: Uuid,
    status: &'static str,
    call_type: String,
}

async fn request(
    State(cqrs): State<Arc<PostgresCqrs<Booking>>>,
    Json(request): Json<BookingRequest>,
) -> Result<Json<BookingResponse>, StatusCode> {
    let (booking_id, patient_id) = (Uuid::now_v7(), Uuid::now_v7());
    let call_type = request.call_type.clone();
    let command = BookingCommand::Request {
        booking_id,
        patient_id,
        request,
    };
    cqrs.execute(&booking_id.to_string(), command)
        .await
        .map_err(|_| StatusCode::CONFLICT)?;
    Ok(Json(BookingResponse {
        id: booking_id,
        status: "pending",
        call_type,
    }))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::var("DATABASE_URL")?;
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .connect(&url)
        .await?;
    sqlx::raw_sql(TABLES).execute(&pool).await?;
    let view: Arc<PostgresViewRepository<BookingView, Booking>> =
        Arc::new(PostgresViewRepository::new("booking_view", pool.clone()));
    let cqrs = Arc::new(postgres_cqrs(pool, vec![Box::new(GenericQuery::new(view))], ()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("ready {}", listener.local_addr()?);
    axum::serve(
        listener,
        Router::new().route("/bookings", post(request)).with_state(cqrs),
    )
    .await?;
    Ok(())
}
