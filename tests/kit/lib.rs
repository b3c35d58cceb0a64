#![doc = include_str!("../README.md")]

pub mod balancer;
pub mod browser;
pub mod causes;
pub mod client;
pub mod database;
pub mod load;
pub mod markers;
pub mod opening;
pub mod persona;
pub mod platform;
pub mod process;
pub mod redacted;
pub mod reply_dropping_proxy;
pub mod role;
pub mod scene;
pub mod wait;
