// SPDX-License-Identifier: GPL-2.0-or-later
/// libnl: sockets, sequence numbers, acknowledgements, dumps and generic netlink families.
#pragma once
#include <linux/genetlink.h>
#include <linux/ip_vs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
