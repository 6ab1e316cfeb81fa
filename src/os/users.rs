//! Names of users by their numbers.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::{Socket, UserNames};

/// What was looked up so far. The list of users is read again only where a number is new.
#[derive(Default)]
pub(super) struct Users(UserNames);

impl Users {
    /// The user's name; its number where it has none, or where the list cannot be read.
    pub(super) fn name(&mut self, uid: u32) -> Arc<str> {
        self.learn([uid].into());
        self.0.get(&uid).map_or_else(|| Arc::from(uid.to_string()), Arc::clone)
    }

    /// The names of the users that these rows belong to, among all that were looked up so far: a row that has gone
    /// is still somebody's.
    pub(super) fn of(&mut self, sockets: &[Socket]) -> UserNames {
        let mut new = BTreeSet::new();
        for uid in sockets.iter().filter_map(|socket| socket.uid) {
            if !self.0.contains_key(&uid) {
                new.insert(uid);
            }
        }
        self.learn(new);
        Arc::clone(&self.0)
    }

    fn learn(&mut self, mut uids: BTreeSet<u32>) {
        uids.retain(|uid| !self.0.contains_key(uid));
        if uids.is_empty() {
            return;
        }
        // A list that cannot be read leaves the number, which names the user as well.
        let list = sysinfo::Users::new_with_refreshed_list().ok();
        let known = Arc::make_mut(&mut self.0);
        for uid in uids {
            let number = uid.to_string();
            let user = list.iter().flatten().find(|user| user.id().to_string() == number);
            known.insert(uid, user.map_or(number.as_str(), |user| user.name()).into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Owner, State};

    #[test]
    fn every_row_has_its_user_and_a_number_without_a_name_stands_for_itself() {
        let local = ([127, 0, 0, 1], 80).into();
        let row = |uid| Socket { uid, ..Socket::new(local, None, State::Listen, Owner::NoOwner) };
        let mut users = Users::default();
        let names = users.of(&[row(Some(0)), row(None), row(Some(3_999_999_999))]);
        assert_eq!(names.keys().copied().collect::<Vec<u32>>(), [0, 3_999_999_999]);
        assert_eq!(names.get(&3_999_999_999).map(AsRef::as_ref), Some("3999999999"));
        #[cfg(target_os = "linux")]
        assert_eq!(names.get(&0).map(AsRef::as_ref), Some("root"));
        assert!(Arc::ptr_eq(&names, &users.of(&[row(Some(0))])), "nothing is read or copied again");
    }
}
