//! Accounts: looked up, changed by their owners. What others do to them is a fact first: see `edits` and ADR 23.

use domain::ids::AccountId;

use super::rows::{self, ACCOUNT_COLUMNS};
use super::sealed_contacts::{ContactField, ContactSealer};
use super::subject_keys::read_or_make;
use super::{Account, People, ProfileChange};
use crate::refusal::{IdentityError, IdentityRefusal};

impl People {
    /// The account with this id, if it has not been erased.
    pub async fn account(&self, id: AccountId) -> Result<Option<Account>, IdentityError> {
        let query = format!(
            "select {ACCOUNT_COLUMNS} from identity.accounts a join identity.contacts c on c.account_id = a.id \
             join identity.data_keys dk on dk.subject_id = a.id where a.id = $1"
        );
        let row = sqlx::query(&query)
            .bind(id.uuid())
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| rows::account(&row, self.master_keys())).transpose()
    }

    /// Changes what `change` names and answers the account as it is then. Another number is not proven.
    ///
    /// # Errors
    /// [`IdentityRefusal::NoSuchAccount`], and faults.
    pub async fn update_profile(
        &self,
        id: AccountId,
        change: ProfileChange,
    ) -> Result<Account, IdentityError> {
        let index = self.blind_index().await?;
        let mut tx = self.pool.begin().await?;
        let sealer = ContactSealer {
            account: id,
            key: read_or_make(&mut tx, self.master_keys(), id).await?,
            index,
        };
        let (first_name, last_name) = (change.first_name.as_ref(), change.last_name.as_ref());
        let phone = change.phone.as_ref().map(|phone| phone.as_str());
        let (phone, phone_index) = sealer.seal_any(ContactField::Phone, phone)?;
        let (first, first_index) =
            sealer.seal_any(ContactField::FirstName, first_name.map(|name| name.as_str()))?;
        let (last, last_index) =
            sealer.seal_any(ContactField::LastName, last_name.map(|name| name.as_str()))?;
        let query = format!(
            "with c as ( \
                 update identity.contacts set \
                     first_name_sealed = coalesce($2, first_name_sealed), first_name_index = coalesce($3, first_name_index), \
                     last_name_sealed = coalesce($4, last_name_sealed), last_name_index = coalesce($5, last_name_index), \
                     phone_sealed = coalesce($6, phone_sealed), phone_index = coalesce($7, phone_index) \
                 where account_id = $1 returning * \
             ), profile as ( \
                 update identity.doctor_profiles set first_name = coalesce($8, first_name), last_name = coalesce($9, last_name) \
                 where doctor_id = $1 \
             ) \
             select {ACCOUNT_COLUMNS} from identity.accounts a join c on c.account_id = a.id \
             join identity.data_keys dk on dk.subject_id = a.id"
        );
        let row = sqlx::query(&query)
            .bind(id.uuid())
            .bind(first)
            .bind(first_index)
            .bind(last)
            .bind(last_index)
            .bind(phone)
            .bind(phone_index)
            .bind(first_name.map(|name| name.as_str()))
            .bind(last_name.map(|name| name.as_str()))
            .fetch_optional(&mut *tx)
            .await?;
        // Of an account that is not there, no key stays either.
        let row = row.ok_or(IdentityRefusal::NoSuchAccount)?;
        tx.commit().await?;
        rows::account(&row, self.master_keys())
    }
}
