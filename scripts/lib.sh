# SPDX-License-Identifier: GPL-2.0-or-later
# What the scripts share: where the project is, and how a missing package comes onto the machine. To be sourced.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BINARY=${BINARY:-$ROOT/.build/release/keepalived}
PEER=${PEER:-/usr/sbin/keepalived}

BUILD_PACKAGES="pkg-config libnl-3-dev libnl-genl-3-dev libsnmp-dev"
LAB_PACKAGES="iproute2 procps util-linux python3"
PEER_PACKAGES="keepalived frr tcpdump tshark bird2 nftables ipset iptables nginx-light exim4-daemon-light nsd openssl python3-aiosmtpd snmpd snmp dbus"
KERNEL_PACKAGES="user-mode-linux kmod ipvsadm"

say() { printf '%s\n' "$*" >&2; }

die() { say "$*"; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -E "$@"; fi
}

# Prints those of the packages that are not installed.
missing_packages() {
    local package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q ' installed$' || printf '%s ' "$package"
    done
}

# Installs what is missing of the packages, without starting a service of theirs.
install_packages() {
    local missing guard=/usr/sbin/policy-rc.d guarded=""
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    command -v apt-get >/dev/null || die "please install: $missing"
    say "installing $missing"
    if [ ! -e $guard ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee $guard >/dev/null
        as_root chmod 755 $guard
        guarded=yes
    fi
    apt_install $missing || { [ -z "$guarded" ] || as_root rm -f $guard; die "could not install: $missing"; }
    [ -z "$guarded" ] || as_root rm -f $guard
}

apt_install() {
    local log
    log=$(mktemp)
    if { as_root apt-get -qq update && as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq install --no-install-recommends -y "$@"; } >"$log" 2>&1; then
        rm -f "$log"
    else
        tail -n 20 "$log" >&2
        rm -f "$log"
        return 1
    fi
}

# Builds the daemon as it is released. A daemon named in BINARY is taken as it is.
build_release() {
    [ "$BINARY" = "$ROOT/.build/release/keepalived" ] || return 0
    install_packages $BUILD_PACKAGES
    command -v swift >/dev/null || die "Swift is not installed: see https://www.swift.org/install"
    say "building the release"
    quietly swift build --package-path "$ROOT" -c release --product keepalived
}

# Shows a command's output only when it fails.
quietly() {
    local log
    log=$(mktemp)
    if "$@" >"$log" 2>&1; then
        rm -f "$log"
    else
        grep -E ' error: |^error|[Ff]atal' "$log" | awk '!seen[$0]++' >&2 || tail -n 40 "$log" >&2
        rm -f "$log"
        return 1
    fi
}
