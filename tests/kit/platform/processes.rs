//! The platform's processes: served, taken out, killed and started again.

use super::{ALL, Platform, free_port};
use crate::process::Process;
use crate::role::kept_from;

impl Platform {
    /// Starts (again) the process of one role, or of all.
    pub async fn serve(&mut self, role: &'static str) {
        let process = self.spawn(role).await;
        self.processes.push((role, process));
    }

    /// One more process of a role, which the caller keeps.
    pub async fn spawn(&self, role: &'static str) -> Process {
        self.opened.get_or_init(|| self.open()).await;
        let arguments: &[&str] = if role == ALL {
            &["serve"]
        } else {
            &["serve", "--role", role]
        };
        let mut environment = self.environment.clone();
        environment.retain(|(name, _)| !kept_from(role).contains(&name.as_str()));
        // Under its own logins, unless the test leads it through something else.
        for (name, value) in &mut environment {
            let own = match name.as_str() {
                "TOT_DATABASE_URL" if value == self.app_url() => self.serving_url(role),
                "TOT_NATS_URL" if value == self.nats_url() => self.serving_nats_url(role),
                _ => None,
            };
            if let Some(own) = own {
                *value = own;
            }
        }
        let Some(balancer) = self.balancer.as_ref().filter(|_| role == "api") else {
            return Process::start(arguments, &environment, &self.log(role)).await;
        };
        let port = free_port();
        environment.retain(|(name, _)| name != "TOT_LISTEN");
        environment.push(("TOT_LISTEN".to_owned(), format!("127.0.0.1:{port}")));
        let process = Process::start(arguments, &environment, &self.log(role)).await;
        balancer.add(port).await;
        process
    }

    /// A running process.
    pub fn process(&self, role: &str) -> &Process {
        &self.processes.iter().find(|(known, _)| *known == role).unwrap().1
    }

    /// Takes one role's process out, the one that has run longest, to be killed or stopped.
    pub fn take(&mut self, role: &str) -> Process {
        let at = self
            .processes
            .iter()
            .position(|(known, _)| *known == role)
            .unwrap();
        self.processes.remove(at).1
    }

    /// Kills a role's process and starts another one.
    pub async fn kill_and_restart(&mut self, role: &'static str) {
        self.take(role).kill().await;
        self.serve(role).await;
    }
}
