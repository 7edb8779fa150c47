// SPDX-License-Identifier: GPL-2.0-or-later
/// net-snmp: types and constants of its agent library. The library itself is opened when a configuration asks for it.
#pragma once
// First, before net-snmp asks glibc for other shapes of the types that the other C modules have seen.
#include <sys/types.h>
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>
