//! Objects in the order of their making, found by id or listed newest first, as the list calls do.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

/// Where an object stands in the order: when it was made, and its index.
type Cursor = (Timestamp, usize);

/// All objects of one kind.
#[derive(Debug)]
pub struct Collection<T> {
    rows: Vec<T>,
    made: Vec<Timestamp>,
    by_id: HashMap<String, usize>,
    by_time: BTreeSet<Cursor>,
    by_owner: HashMap<String, Vec<usize>>,
}

impl<T> Default for Collection<T> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            made: Vec::new(),
            by_id: HashMap::new(),
            by_time: BTreeSet::new(),
            by_owner: HashMap::new(),
        }
    }
}

/// Which part of a collection a list call asks for.
#[derive(Debug)]
pub struct ListQuery {
    /// The oldest instant that counts.
    pub from: Timestamp,
    /// The first instant too late to count.
    pub until: Option<Timestamp>,
    /// Only what comes after this cursor, as an earlier page told.
    pub after: Option<Cursor>,
    /// Only what belongs to this owner.
    pub under: Option<String>,
    /// How many at most.
    pub limit: usize,
}

impl<T> Collection<T> {
    pub fn put(&mut self, id: String, made: Timestamp, row: T) {
        let index = self.rows.len();
        self.rows.push(row);
        self.made.push(made);
        self.by_id.insert(id, index);
        self.by_time.insert((made, index));
    }

    /// Adds an object that belongs to another one (a refund to its payment, a payment to its order).
    pub fn put_under(&mut self, owner: &str, id: String, made: Timestamp, row: T) {
        let index = self.rows.len();
        self.put(id, made, row);
        self.by_owner.entry(owner.to_owned()).or_default().push(index);
    }

    /// What belongs to that owner, oldest first.
    pub fn under(&self, owner: &str) -> impl DoubleEndedIterator<Item = &T> {
        let indices = self.by_owner.get(owner).map(Vec::as_slice).unwrap_or_default();
        indices.iter().filter_map(|index| self.rows.get(*index))
    }

    /// The object of that id.
    pub fn get(&self, id: &str) -> Option<&T> {
        self.rows.get(*self.by_id.get(id)?)
    }

    /// The object of that id, to change it.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.rows.get_mut(*self.by_id.get(id)?)
    }

    /// All objects, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.rows.iter()
    }

    /// One page, newest first, of those that `fit`, and the cursor after which the next page begins, if there is one.
    pub fn page(&self, query: &ListQuery, fit: impl Fn(&T) -> bool) -> (Vec<&T>, Option<Cursor>) {
        let low = (query.from, 0);
        let high = query.after.or(query.until.map(|until| (until, 0)));
        let high = high.unwrap_or((Timestamp::MAX, usize::MAX));
        // `BTreeSet::range` panics on a range that ends before it begins.
        if low >= high {
            return (Vec::new(), None);
        }
        match &query.under {
            Some(owner) => {
                let mut cursors = self.cursors_under(owner);
                cursors.retain(|cursor| (low..high).contains(cursor));
                self.fill(cursors.into_iter().rev(), query.limit, fit)
            }
            None => self.fill(self.by_time.range(low..high).rev().copied(), query.limit, fit),
        }
    }

    fn cursors_under(&self, owner: &str) -> Vec<Cursor> {
        let indices = self.by_owner.get(owner).map(Vec::as_slice).unwrap_or_default();
        let mut cursors: Vec<Cursor> = indices
            .iter()
            .filter_map(|index| Some((*self.made.get(*index)?, *index)))
            .collect();
        cursors.sort_unstable();
        cursors
    }

    fn fill(
        &self,
        cursors: impl Iterator<Item = Cursor>,
        limit: usize,
        fit: impl Fn(&T) -> bool,
    ) -> (Vec<&T>, Option<Cursor>) {
        let mut page = Vec::new();
        let mut last = None;
        for cursor in cursors {
            let Some(row) = self.rows.get(cursor.1).filter(|row| fit(row)) else {
                continue;
            };
            if page.len() == limit {
                return (page, last);
            }
            page.push(row);
            last = Some(cursor);
        }
        (page, None)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Collection, ListQuery};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn collection() -> Collection<u32> {
        let mut collection = Collection::default();
        // Two of the same instant, and one whose clock stood behind its predecessor's.
        for (row, second) in [(0, 10), (1, 20), (2, 20), (3, 15)] {
            collection.put(format!("id-{row}"), at(second), row);
        }
        collection
    }

    #[test]
    fn pages_follow_each_other_newest_first_without_gap_or_repeat() {
        let collection = collection();
        let mut query = ListQuery {
            from: at(0),
            until: None,
            after: None,
            under: None,
            limit: 2,
        };
        let (page, next) = collection.page(&query, |_| true);
        assert_eq!(page, [&2, &1]);
        query.after = next;
        let (page, next) = collection.page(&query, |_| true);
        assert_eq!(page, [&3, &0]);
        assert_eq!(next, None, "the last page names no next one");
    }

    #[test]
    fn what_belongs_to_an_owner_is_listed_alike() {
        let mut collection = Collection::default();
        for row in 0..6 {
            let owner = if row % 2 == 0 { "even" } else { "odd" };
            collection.put_under(owner, format!("id-{row}"), at(row), row);
        }
        let mut query = ListQuery {
            from: at(1),
            until: None,
            after: None,
            under: Some("even".into()),
            limit: 1,
        };
        let (page, next) = collection.page(&query, |_| true);
        assert_eq!(page, [&4]);
        query.after = next;
        assert_eq!(collection.page(&query, |_| true), (vec![&2], None));
        assert_eq!(collection.under("odd").copied().collect::<Vec<_>>(), [1, 3, 5]);
        assert_eq!(collection.under("nobody").next(), None);
    }

    #[test]
    fn bounds_are_exact_and_may_be_empty() {
        let collection = collection();
        let page = |from, until| {
            let query = ListQuery {
                from,
                until,
                after: None,
                under: None,
                limit: 9,
            };
            collection
                .page(&query, |_| true)
                .0
                .into_iter()
                .copied()
                .collect::<Vec<_>>()
        };
        assert_eq!(page(at(15), Some(at(20))), [3]);
        assert_eq!(page(at(15), None), [2, 1, 3]);
        assert!(page(at(20), Some(at(10))).is_empty());
    }
}
