//! Refusals about apps as problems.

use identity::{AppError, AppRefusal};

use super::{Code, Problem};

impl From<AppRefusal> for Problem {
    fn from(refusal: AppRefusal) -> Self {
        match refusal {
            AppRefusal::NoSuchApp | AppRefusal::NoSuchSecret => {
                Self::new(Code::NotFound, refusal.to_string()).in_russian(russian(refusal))
            }
            AppRefusal::Deactivated => {
                Self::new(Code::AppDeactivated, refusal.to_string()).in_russian(russian(refusal))
            }
            AppRefusal::TooManySecrets => {
                Self::new(Code::TooManySecrets, refusal.to_string()).in_russian(russian(refusal))
            }
            AppRefusal::WrongLinkCode => {
                Self::new(Code::InvalidLinkCode, refusal.to_string()).in_russian(russian(refusal))
            }
        }
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Refused(refusal) => Self::from(refusal),
            AppError::Identity(error) => Self::from(error),
        }
    }
}

const fn russian(refusal: AppRefusal) -> &'static str {
    match refusal {
        AppRefusal::NoSuchApp => "такого приложения нет",
        AppRefusal::NoSuchSecret => "такого секрета у приложения нет, или он уже не действует",
        AppRefusal::Deactivated => "это приложение отключено: сначала включите его",
        AppRefusal::TooManySecrets => "у приложения уже два секрета: сначала отзовите один из них",
        AppRefusal::WrongLinkCode => {
            "код не действует: его принимают один раз, в течение десяти минут и от того приложения, для которого он сделан"
        }
    }
}
