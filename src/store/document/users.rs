//! The names of users in a document: an object from number to name.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use crate::model::{Snapshot, UserNames};

/// The most users that one document may name: a bound on memory, far above what one machine has.
const MOST: usize = 65_536;

/// The names that a document has of its rows' users; nothing of users without a row.
#[derive(Default)]
pub(super) struct WireUsers(UserNames);

impl WireUsers {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let mut of_rows = BTreeSet::new();
        for uid in snapshot.sockets.iter().filter_map(|socket| socket.uid) {
            of_rows.insert(uid);
        }
        let named = |uid| Some((uid, Arc::clone(snapshot.users.get(&uid)?)));
        Self(Arc::new(of_rows.into_iter().filter_map(named).collect()))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn into_model(self) -> UserNames {
        self.0
    }
}

impl Serialize for WireUsers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(uid, name)| (uid, &**name)))
    }
}

impl<'de> Deserialize<'de> for WireUsers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct UsersVisitor;

        impl<'de> Visitor<'de> for UsersVisitor {
            type Value = WireUsers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "an object of at most {MOST} names by number")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<WireUsers, A::Error> {
                let mut users = BTreeMap::new();
                while let Some((uid, name)) = map.next_entry::<u32, String>()? {
                    users.insert(uid, Arc::from(name));
                    if users.len() > MOST {
                        return Err(de::Error::invalid_length(users.len(), &self));
                    }
                }
                Ok(WireUsers(Arc::new(users)))
            }
        }

        deserializer.deserialize_map(UsersVisitor)
    }
}
