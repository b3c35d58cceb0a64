//! The people of the kit: a clinic, its doctors, patients.

use commands::House;
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
        let made = self.house.people.register(new, self.now()).await.unwrap();
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
        };
        let id = account(&self.house, NewRole::Doctor(details), self.nth()).await;
        DoctorId::from_uuid(id.uuid())
    }

    /// A clinic without doctors.
    pub async fn other_clinic(&self) -> ClinicId {
        clinic(&self.house, self.nth()).await
    }
}

/// A clinic.
pub async fn clinic(house: &House, number: u32) -> ClinicId {
    let role = NewRole::Clinic(ClinicName::parse("Клиника").unwrap());
    ClinicId::from_uuid(account(house, role, number).await.uuid())
}

async fn account(house: &House, role: NewRole, number: u32) -> AccountId {
    let new = NewAccount {
        role,
        email: Email::parse(&format!("a{number}@example.com")).unwrap(),
        password: Password::parse("password123").unwrap(),
        first_name: PersonName::parse("Пётр").unwrap(),
        last_name: PersonName::parse("Врачев").unwrap(),
        phone: None,
    };
    house
        .people
        .create_account(new, house.log.clock().now())
        .await
        .unwrap()
        .id
}
