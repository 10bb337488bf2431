# What `penstock` and `check` share: finding the tools of the build, and getting those that may be installed.
# Sourced with $root set. POSIX sh.

say() {
    printf '%s\n' "$*" >&2
}

# Whether packages may be installed: root on a machine with apt, and not told otherwise.
may_install() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && [ -z "${PENSTOCK_NO_INSTALL:-}" ]
}

# Installs Debian packages and starts none of their services. --no-install-recommends: libapache2-mod-fcgid would
# bring Apache's system service.
apt_install() {
    say "Installing $*"
    policy=/usr/sbin/policy-rc.d
    ours=
    [ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy" && ours=yes; }
    status=0
    # shellcheck disable=SC2086
    for step in "update -qq" "install -qq -y --no-install-recommends $*"; do
        report=$(DEBIAN_FRONTEND=noninteractive apt-get $step 2>&1) || { say "$report"; status=1; break; }
    done
    [ -z "$ours" ] || rm -f "$policy"
    return $status
}

is_jdk_25() {
    [ -x "$1/bin/javac" ] && grep -Eq '^JAVA_VERSION="(2[5-9]|[3-9][0-9])' "$1/release" 2>/dev/null
}

# Sets JAVA_HOME to a JDK 25 or newer: the one that is named, on the PATH, or in a usual place.
find_jdk() {
    on_path=$(command -v javac) && on_path=$(dirname "$(dirname "$(readlink -f "$on_path")")")
    for home in "${JAVA_HOME:-}" "$on_path" /usr/lib/jvm/* /usr/java/* /opt/*jdk* /opt/java/* \
        "${HOME:-/nowhere}"/.sdkman/candidates/java/* "${HOME:-/nowhere}"/.jdks/*; do
        if is_jdk_25 "$home"; then
            export JAVA_HOME="$home"
            return 0
        fi
    done
    say "No JDK 25 found (JAVA_HOME, PATH, /usr/lib/jvm, /opt, ~/.sdkman, ~/.jdks). Get one, without root if need be, from
https://adoptium.net/temurin/releases/?version=25 or with a package manager (Debian 13: openjdk-25-jdk; otherwise
https://adoptium.net/installation/linux), and set JAVA_HOME if it lies elsewhere."
    return 1
}

find_maven() {
    command -v mvn >/dev/null && return 0
    if may_install; then
        apt_install maven
        return
    fi
    say "Maven is missing: 'apt-get install maven' as root, or unpack https://maven.apache.org/download.cgi
and put its bin folder on the PATH."
    return 1
}

# Whether there is no build, or something that goes into one is newer than it.
is_stale() {
    [ ! -e "$root/dist/.built" ] || [ -n "$(find "$root/pom.xml" "$root/build" "$root/README.md" "$root/LICENSE" \
        "$root"/*/pom.xml "$root"/*/src/main -newer "$root/dist/.built" ! -path '*/__pycache__*' 2>/dev/null | head -n 1)" ]
}

# Builds dist/ from the sources: `build GOAL…`. The caller shows or keeps Maven's output. The stamp has the time of
# the beginning, so that a source that is saved during the build counts as newer.
build() {
    mkdir -p "$root/dist" || return 1
    touch "$root/dist/.building" || return 1
    (cd "$root" && mvn --batch-mode --no-transfer-progress "$@") || return 1
    mv "$root/dist/.building" "$root/dist/.built"
}
