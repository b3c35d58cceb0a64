//! What charts call the words of closed sets, in Russian; a word that is not here stands as it is.

/// A value of a column as a chart writes it.
pub fn shown<'a>(column: &str, word: &'a str) -> &'a str {
    // The method by card is called as the provider who carries it, and others.
    if (column, word) == ("provider", "yookassa") {
        return "ЮKassa";
    }
    WORDS
        .iter()
        .find(|(known, _)| *known == word)
        .map_or(word, |(_, words)| *words)
}

const WORDS: [(&str, &str); 71] = [
    // Types of calls.
    ("urgent", "срочный вызов"),
    ("scheduled", "визит на дом"),
    ("consultation", "консультация"),
    // Statuses.
    ("pending", "ожидает"),
    ("assigned", "назначен врач"),
    ("en_route", "врач в пути"),
    ("arrived", "врач прибыл"),
    ("in_progress", "идёт визит"),
    ("completed", "завершён"),
    ("cancelled", "отменён"),
    ("expired", "истёк"),
    ("no_show", "никого не было"),
    ("missed", "не состоялся"),
    // Roles.
    ("patient", "пациент"),
    ("doctor", "врач"),
    ("clinic", "клиника"),
    ("admin", "администратор"),
    ("process", "платформа"),
    // Reasons.
    ("patient_request", "по желанию пациента"),
    ("recovered", "стало лучше"),
    ("doctor_unavailable", "врач не может"),
    ("clinic_request", "по желанию клиники"),
    ("hospitalised", "госпитализация"),
    ("mistake", "ошибка"),
    ("other", "другое"),
    ("settlement", "расчёт"),
    ("late_payment", "опоздавший платёж"),
    ("goodwill", "жест доброй воли"),
    ("complaint", "жалоба"),
    // Methods of payment and providers.
    ("yookassa", "карта (ЮKassa)"),
    ("sbp", "СБП"),
    ("wallet", "кошелёк"),
    ("tbank", "Т-Банк"),
    // Accounts.
    ("wallet_liability", "кошельки"),
    ("booking_holds", "удержано по заявкам"),
    ("patient_advances", "авансы пациентов"),
    ("refund_costs", "возвраты за счёт платформы"),
    ("doctor_payable", "причитается врачам"),
    ("commission", "комиссия платформы"),
    ("provider_fees", "комиссии провайдеров"),
    ("refunds_in_transit", "возвраты в пути"),
    ("payouts_in_transit", "выплаты в пути"),
    ("cash_clearing", "касса"),
    ("payout_clearing", "выплачено"),
    ("yookassa_card_clearing", "ЮKassa, карты"),
    ("yookassa_sbp_clearing", "ЮKassa, СБП"),
    ("tbank_sbp_clearing", "Т-Банк, СБП"),
    // Doctors.
    ("therapist", "терапевт"),
    ("paediatrician", "педиатр"),
    ("cardiologist", "кардиолог"),
    ("standard", "стандарт"),
    ("senior", "старший"),
    ("expert", "эксперт"),
    // How far ahead.
    ("1. below 6 hours", "до 6 часов"),
    ("2. below a day", "до суток"),
    ("3. below 3 days", "до 3 суток"),
    ("4. 3 days and more", "3 суток и больше"),
    // Why payments fail.
    ("insufficient_funds", "недостаточно средств"),
    ("card_expired", "карта просрочена"),
    ("expired_on_confirmation", "не подтверждён вовремя"),
    ("fraud_suspected", "подозрение на мошенничество"),
    ("general_decline", "отказ без причины"),
    ("invalid_card_number", "неверный номер карты"),
    ("invalid_csc", "неверный код карты"),
    ("issuer_unavailable", "банк недоступен"),
    ("payment_method_limit_exceeded", "превышен лимит"),
    ("payment_method_restricted", "способ ограничен"),
    ("permission_revoked", "согласие отозвано"),
    ("call_issuer", "нужно позвонить в банк"),
    ("canceled_by_merchant", "отменён продавцом"),
    ("3d_secure_failed", "3-D Secure не пройден"),
];
