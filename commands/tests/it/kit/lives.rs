//! What people do and have: days, money, bookings and payments.

use super::*;

impl Kit {
    /// A doctor with open days from tomorrow on, and their slots in order.
    pub async fn open_doctor(&self, days: i64) -> (DoctorId, Vec<Timestamp>) {
        let doctor_id = self.doctor(true).await;
        let mut slots = Vec::new();
        for ahead in 1..=days {
            slots.extend(self.open_day(doctor_id, ahead).await);
        }
        (doctor_id, slots)
    }

    pub async fn open_day(&self, doctor_id: DoctorId, days_ahead: i64) -> Vec<Timestamp> {
        let ahead = self.now() + SignedDuration::from_hours(24 * days_ahead);
        let command = OpenDay {
            doctor_id,
            date: ahead.to_zoned(TimeZone::get(ZONE).unwrap()).date(),
            zone: None,
            hours: vec![WorkingHours {
                from_minute: 9 * 60,
                until_minute: 18 * 60,
            }],
            slot_minutes: 30,
            buffer_before_minutes: 15,
            buffer_after_minutes: 15,
        };
        let day = schedule::open_day(&self.services, &as_doctor(doctor_id), command)
            .await
            .unwrap();
        domain::schedule::slots(&day.answer.day)
            .iter()
            .map(|slot| slot.range.start())
            .collect()
    }

    pub async fn deposit(&self, patient: PatientId, kopecks: i64) {
        let command = DepositCash {
            owner_id: patient.into(),
            amount: Money::kopecks(kopecks),
        };
        wallet::deposit_cash(&self.services, &as_admin(), command)
            .await
            .unwrap();
    }

    /// A patient with money in the wallet.
    pub async fn patient_with(&self, kopecks: i64) -> PatientId {
        let patient = self.patient().await;
        self.deposit(patient, kopecks).await;
        patient
    }

    pub async fn available(&self, patient: PatientId) -> i64 {
        wallet::balance(&self.services, patient.into())
            .await
            .unwrap()
            .answer
            .available
            .minor
    }

    pub async fn balance(&self, patient: PatientId) -> i64 {
        wallet::balance(&self.services, patient.into())
            .await
            .unwrap()
            .answer
            .balance
            .minor
    }

    pub async fn request(
        &self,
        patient: PatientId,
        doctor: DoctorId,
        starts_at: Timestamp,
    ) -> Result<CommandOutcome<BookingState>, CommandError> {
        bookings::request(&self.services, &as_patient(patient), scheduled(doctor, starts_at)).await
    }

    pub async fn requested(&self, patient: PatientId, doctor: DoctorId, starts_at: Timestamp) -> BookingId {
        id_of(&self.request(patient, doctor, starts_at).await.unwrap())
    }

    pub async fn requested_urgently(&self, patient: PatientId) -> BookingId {
        id_of(
            &bookings::request(&self.services, &as_patient(patient), urgent())
                .await
                .unwrap(),
        )
    }

    pub async fn pay(&self, patient: PatientId, booking_id: BookingId) -> Result<PaymentId, CommandError> {
        let command = StartPayment {
            booking_id,
            method: PaymentMethod::Wallet,
            return_url: None,
        };
        let paid = payments::start(&self.services, &as_patient(patient), command).await?;
        Ok(paid.answer.payment.terms().unwrap().payment_id)
    }

    /// A scheduled booking, paid and assigned.
    pub async fn assigned(
        &mut self,
        patient: PatientId,
        doctor: DoctorId,
        starts_at: Timestamp,
    ) -> (BookingId, PaymentId) {
        let booking_id = self.requested(patient, doctor, starts_at).await;
        let payment_id = self.pay(patient, booking_id).await.unwrap();
        self.drain().await;
        assert!(
            matches!(self.booking(booking_id).await, Booking::Assigned(_)),
            "paid bookings are assigned"
        );
        (booking_id, payment_id)
    }

    pub async fn booking(&self, id: BookingId) -> Booking {
        let mut state = Booking::default();
        for fact in self
            .services
            .log
            .read_stream("booking", &id.to_string(), AsOf::Head)
            .await
            .unwrap()
        {
            cqrs_es::Aggregate::apply(&mut state, serde_json::from_str(fact.payload.get()).unwrap());
        }
        state
    }

    pub async fn payment(&self, id: PaymentId) -> Payment {
        let mut state = Payment::default();
        for fact in self
            .services
            .log
            .read_stream("payment", &id.to_string(), AsOf::Head)
            .await
            .unwrap()
        {
            cqrs_es::Aggregate::apply(&mut state, serde_json::from_str(fact.payload.get()).unwrap());
        }
        state
    }
}
