//! The people of the kit: a clinic, its doctors, patients.

use commands::CommandServices;
use domain::ids::{AccountId, ClinicId, DoctorId, PatientId};
use identity::{
    ClinicName, DoctorDetails, Email, ExperienceYears, NewAccount, NewPatient, NewRole, Password, PersonName,
    PriceClass, Specialization, Zone,
};

use crate::kit::{Kit, ZONE};

impl Kit {
    pub async fn patient(&self) -> PatientId {
        let new = NewPatient {
            email: Email::parse(&format!("p{}@example.com", self.nth())).unwrap(),
            password: Password::parse("password123").unwrap(),
            first_name: PersonName::parse("Анна").unwrap(),
            last_name: PersonName::parse("Иванова").unwrap(),
            phone: None,
        };
        let made = self.services.people.register(new, self.now()).await.unwrap();
        PatientId::from_uuid(made.id.uuid())
    }

    /// A doctor of the kit's clinic.
    pub async fn doctor(&self, accepts: bool) -> DoctorId {
        let details = DoctorDetails {
            specialization: Specialization::parse("терапевт").unwrap(),
            experience_years: ExperienceYears::parse(7).unwrap(),
            languages: Vec::new(),
            clinic_id: Some(self.clinic),
            price_class: PriceClass::parse("standard").unwrap(),
            zone: Zone::parse(ZONE).unwrap(),
            accepts,
            verified: true,
        };
        let id = account(&self.services, NewRole::Doctor(details), self.nth()).await;
        DoctorId::from_uuid(id.uuid())
    }

    /// A clinic without doctors.
    pub async fn other_clinic(&self) -> ClinicId {
        clinic(&self.services, self.nth()).await
    }
}

/// A clinic.
pub async fn clinic(services: &CommandServices, number: u32) -> ClinicId {
    let role = NewRole::Clinic(ClinicName::parse("Клиника").unwrap());
    ClinicId::from_uuid(account(services, role, number).await.uuid())
}

async fn account(services: &CommandServices, role: NewRole, number: u32) -> AccountId {
    let new = NewAccount {
        role,
        email: Email::parse(&format!("a{number}@example.com")).unwrap(),
        password: Password::parse("password123").unwrap(),
        first_name: PersonName::parse("Пётр").unwrap(),
        last_name: PersonName::parse("Врачев").unwrap(),
        phone: None,
    };
    services
        .people
        .create_account(new, services.log.clock().now())
        .await
        .unwrap()
        .id
}
