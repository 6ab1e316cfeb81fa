//! What a process belongs to, by its control group: a service, a container, a session.
//!
//! Source: `/proc/PID/cgroup` (cgroups(7)), one hierarchy a line: `0::/system.slice/nginx.service` for version 2,
//! `1:name=systemd:/system.slice/nginx.service` and one line for each controller for version 1. Container runtimes
//! name their groups after the container; nothing but that custom tells a container from here.

use crate::model::Unit;

/// The length of the ids that docker, containerd, CRI-O and podman give containers, in hexadecimal digits.
const CONTAINER_ID: usize = 64;

/// The unit that the text of `/proc/PID/cgroup` names; none in the root group, which is also all that a process
/// sees of itself from inside a container.
pub fn unit(text: &str) -> Option<Unit> {
    let groups: Vec<(&str, &str)> = text.lines().filter_map(group).collect();
    let container = groups.iter().find_map(|(_, path)| container(path));
    container.map(Unit::Container).or_else(|| {
        // Version 1 has a hierarchy for each controller; only systemd's own names units.
        let mut named = groups
            .iter()
            .filter(|(controllers, _)| controllers.is_empty() || *controllers == "name=systemd");
        named.find_map(|(_, path)| systemd_unit(path))
    })
}

/// The controllers and the path of one line.
fn group(line: &str) -> Option<(&str, &str)> {
    let mut fields = line.splitn(3, ':');
    let (_, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
    Some((controllers, path.strip_suffix(" (deleted)").unwrap_or(path)))
}

fn parts(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty() && *part != "..")
}

/// The innermost container of a path.
fn container(path: &str) -> Option<String> {
    let named = parts(path).rev().find_map(container_id);
    named.or_else(|| lxc(path)).map(str::to_owned)
}

/// `docker-ID.scope`, `cri-containerd-ID.scope`, `libpod-ID.scope`, `crio-ID.scope`, `SLICE:cri-containerd:ID`, and
/// the bare `ID` below `/docker` or `/kubepods`.
fn container_id(part: &str) -> Option<&str> {
    let name = part.strip_suffix(".scope").unwrap_or(part);
    let at = name.len().checked_sub(CONTAINER_ID)?;
    // Names of groups need not be ASCII.
    let (prefix, id) = name.split_at_checked(at)?;
    let ours = id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let apart = prefix.is_empty() || prefix.ends_with(['-', ':']);
    // `conmon` watches a container from outside it.
    (ours && apart && !prefix.ends_with("conmon-")).then_some(id)
}

/// `/lxc/NAME/…` and `/lxc.payload.NAME/…`: LXC's ids are names.
fn lxc(path: &str) -> Option<&str> {
    let mut parts = parts(path);
    while let Some(part) = parts.next() {
        if let Some(name) = part.strip_prefix("lxc.payload.") {
            return Some(name);
        }
        if part == "lxc" {
            return parts.next();
        }
    }
    None
}

/// The innermost service or scope; a service may have groups of its own below it.
fn systemd_unit(path: &str) -> Option<Unit> {
    let ends_with = |part: &str, end: &str| part.len() > end.len() && part.ends_with(end);
    let named = parts(path).rev().find_map(|part| {
        if ends_with(part, ".service") {
            Some(Unit::Service(part.to_owned()))
        } else if ends_with(part, ".scope") {
            Some(Unit::Other(part.to_owned()))
        } else {
            None
        }
    });
    named.or_else(|| parts(path).next_back().map(|part| Unit::Other(part.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "3f2a9c0d5b7e14867a1bc0ffee0d15ea5e0123456789abcdef0123456789abcd";

    fn container(id: &str) -> Unit {
        Unit::Container(id.to_owned())
    }

    fn service(name: &str) -> Unit {
        Unit::Service(name.to_owned())
    }

    fn other(name: &str) -> Unit {
        Unit::Other(name.to_owned())
    }

    #[test]
    fn containers_are_known_by_their_ids() {
        for line in [
            "0::/system.slice/docker-ID.scope",
            "12:pids:/docker/ID",
            "0::/docker/ID",
            "0::/docker/ID/system.slice/nginx.service",
            "0::/machine.slice/libpod-ID.scope",
            "0::/machine.slice/libpod-ID.scope/container",
            "0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-ID.scope",
            "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod8a.slice/cri-containerd-ID.scope",
            "0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod8a.slice/crio-ID.scope",
            "4:memory:/kubepods/burstable/pod0f7d6d4e-61a1-4a5c-a8a4-4f3e6ff19ae4/ID",
            "0::/system.slice/containerd.service/kubepods-besteffort-pod8a.slice:cri-containerd:ID",
            "0::/../../docker-ID.scope",
            "8:cpuset:/ecs/9e3a/ID",
            "0::/system.slice/docker-ID.scope (deleted)",
        ] {
            assert_eq!(unit(&line.replace("ID", ID)), Some(container(ID)), "{line}");
        }
        assert_eq!(unit("0::/lxc/web/system.slice"), Some(container("web")));
        assert_eq!(unit("0::/lxc.payload.web/system.slice/cron.service"), Some(container("web")));
        let nested = format!("0::/docker/{}/docker/{ID}", "0".repeat(64));
        assert_eq!(unit(&nested), Some(container(ID)), "the innermost is the process's own");
    }

    #[test]
    fn what_looks_like_a_container_and_is_none() {
        let conmon = format!("0::/machine.slice/libpod-conmon-{ID}.scope");
        assert_eq!(unit(&conmon), Some(other(&format!("libpod-conmon-{ID}.scope"))));
        let longer = format!("0::/app/f{ID}");
        assert_eq!(unit(&longer), Some(other(&format!("f{ID}"))), "65 digits are no id");
        assert_eq!(unit("0::/docker/3f2a9c0d"), Some(other("3f2a9c0d")));
        assert_eq!(unit(&format!("0::/é{}", &ID[1..])), Some(other(&format!("é{}", &ID[1..]))));
    }

    #[test]
    fn services_and_scopes_are_systemds_units() {
        for (line, expected) in [
            ("0::/system.slice/nginx.service", service("nginx.service")),
            ("0::/system.slice/nginx.service/worker", service("nginx.service")),
            (
                "0::/system.slice/system-postgresql.slice/postgresql@15-main.service",
                service("postgresql@15-main.service"),
            ),
            ("1:name=systemd:/system.slice/cron.service", service("cron.service")),
            (
                "0::/user.slice/user-1000.slice/user@1000.service/app.slice/syncd.service",
                service("syncd.service"),
            ),
            (
                "0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-firefox-812.scope",
                other("app-firefox-812.scope"),
            ),
            ("0::/user.slice/user-1000.slice/session-3.scope", other("session-3.scope")),
            ("0::/init.scope", other("init.scope")),
            ("0::/system.slice/a:b.service", service("a:b.service")),
            ("0::/buildkit/work", other("work")),
        ] {
            assert_eq!(unit(line), Some(expected), "{line}");
        }
    }

    #[test]
    fn every_hierarchy_of_version_1_is_looked_at() {
        let both = format!(
            "12:pids:/system.slice/nginx.service\n4:memory:/docker/{ID}\n1:name=systemd:/docker/{ID}\n0::/\n"
        );
        assert_eq!(unit(&both), Some(container(ID)));
        let hybrid = "9:name=systemd:/system.slice/ssh.service\n4:memory:/jobs/7\n0::/\n";
        assert_eq!(unit(hybrid), Some(service("ssh.service")));
        assert_eq!(unit("4:memory:/jobs/7\n0::/\n"), None, "a controller's group is no unit");
    }

    #[test]
    fn the_root_group_and_nonsense_are_nothing() {
        for text in ["", "\n", "0::/\n", "0:", "0::", "cgroup", "0::/../.."] {
            assert_eq!(unit(text), None, "{text:?}");
        }
    }
}
