// SPDX-License-Identifier: GPL-2.0-or-later

import CLinux
@testable import Netlink
import Testing

/// The pure target spells the kernel's numbers itself; here they meet the headers.
struct ConstantTests {
    @Test func messagesAndGroups() {
        #expect(Int(RouteMessage.newLink) == RTM_NEWLINK && Int(RouteMessage.deleteLink) == RTM_DELLINK)
        #expect(Int(RouteMessage.getLink) == RTM_GETLINK && Int(RouteMessage.newAddress) == RTM_NEWADDR)
        #expect(Int(RouteMessage.deleteAddress) == RTM_DELADDR && Int(RouteMessage.getAddress) == RTM_GETADDR)
        #expect(Int(RouteMessage.newRoute) == RTM_NEWROUTE && Int(RouteMessage.deleteRoute) == RTM_DELROUTE)
        #expect(Int(RouteMessage.newRule) == RTM_NEWRULE && Int(RouteMessage.deleteRule) == RTM_DELRULE)
        #expect(Int(RouteMessage.getRoute) == RTM_GETROUTE && Int(RouteMessage.getRule) == RTM_GETRULE)
        let groups: [(RouteGroup, rtnetlink_groups)] = [
            (.link, RTNLGRP_LINK), (.neighbour, RTNLGRP_NEIGH), (.ipv4Address, RTNLGRP_IPV4_IFADDR),
            (.ipv4Route, RTNLGRP_IPV4_ROUTE), (.ipv4Rule, RTNLGRP_IPV4_RULE), (.ipv6Address, RTNLGRP_IPV6_IFADDR),
            (.ipv6Route, RTNLGRP_IPV6_ROUTE), (.ipv6Rule, RTNLGRP_IPV6_RULE),
        ]
        #expect(groups.count == RouteGroup.allCases.count)
        for (ours, header) in groups { #expect(UInt32(ours.rawValue) == header.rawValue) }
    }

    @Test func flags() {
        #expect(MessageFlags.dump.rawValue == UInt16(NLM_F_ROOT | NLM_F_MATCH))
        #expect(MessageFlags.create.rawValue == UInt16(NLM_F_CREATE) && MessageFlags.exclusive.rawValue == UInt16(NLM_F_EXCL))
        #expect(MessageFlags.replace.rawValue == UInt16(NLM_F_REPLACE) && MessageFlags.append.rawValue == UInt16(NLM_F_APPEND))
        #expect(MessageFlags.acknowledge.rawValue == UInt16(NLM_F_ACK) && MessageFlags.interrupted.rawValue == UInt16(NLM_F_DUMP_INTR))
        #expect(MessageFlags.extended.rawValue == UInt16(NLM_F_ACK_TLVS) && MessageFlags.capped.rawValue == UInt16(NLM_F_CAPPED))
        #expect(Int(Message.errorType) == NLMSG_ERROR && Int(Message.doneType) == NLMSG_DONE)
        let addressFlags: [(InterfaceAddress.Flags, Int32)] = [
            (.secondary, IFA_F_SECONDARY), (.withoutDuplicateDetection, IFA_F_NODAD), (.optimistic, IFA_F_OPTIMISTIC),
            (.duplicate, IFA_F_DADFAILED), (.home, IFA_F_HOMEADDRESS), (.deprecated, IFA_F_DEPRECATED),
            (.tentative, IFA_F_TENTATIVE), (.permanent, IFA_F_PERMANENT), (.managesTemporary, IFA_F_MANAGETEMPADDR),
            (.noPrefixRoute, IFA_F_NOPREFIXROUTE), (.autojoin, IFA_F_MCAUTOJOIN),
        ]
        for (ours, header) in addressFlags { #expect(ours.rawValue == UInt32(header)) }
        let linkFlags: [(Link.Flags, Int)] = [
            (.up, IFF_UP), (.broadcast, IFF_BROADCAST), (.loopback, IFF_LOOPBACK), (.pointToPoint, IFF_POINTOPOINT),
            (.running, IFF_RUNNING), (.noARP, IFF_NOARP), (.multicast, IFF_MULTICAST),
        ]
        for (ours, header) in linkFlags { #expect(ours.rawValue == UInt32(header)) }
    }

    @Test func attributes() {
        let addresses: [(UInt16, Int)] = [
            (AddressAttribute.address, IFA_ADDRESS), (AddressAttribute.local, IFA_LOCAL), (AddressAttribute.label, IFA_LABEL),
            (AddressAttribute.broadcast, IFA_BROADCAST), (AddressAttribute.cacheInfo, IFA_CACHEINFO),
            (AddressAttribute.flags, IFA_FLAGS), (AddressAttribute.protocol, IFA_PROTO),
        ]
        let links: [(UInt16, Int)] = [
            (LinkAttribute.address, IFLA_ADDRESS), (LinkAttribute.name, IFLA_IFNAME), (LinkAttribute.mtu, IFLA_MTU),
            (LinkAttribute.link, IFLA_LINK), (LinkAttribute.master, IFLA_MASTER),
            (LinkAttribute.operationalState, IFLA_OPERSTATE), (LinkAttribute.info, IFLA_LINKINFO),
            (LinkAttribute.familySpecific, IFLA_AF_SPEC), (LinkAttribute.group, IFLA_GROUP),
            (LinkAttribute.extendedMask, IFLA_EXT_MASK), (LinkAttribute.infoKind, IFLA_INFO_KIND),
            (LinkAttribute.infoData, IFLA_INFO_DATA), (LinkAttribute.macvlanMode, IFLA_MACVLAN_MODE),
            (LinkAttribute.ipvlanMode, IFLA_IPVLAN_MODE), (LinkAttribute.ipvlanFlags, IFLA_IPVLAN_FLAGS),
            (LinkAttribute.inet6AddressGeneration, IFLA_INET6_ADDR_GEN_MODE), (LinkAttribute.vrfTable, IFLA_VRF_TABLE),
        ]
        let routes: [(UInt16, Int)] = [
            (RouteAttribute.destination, Int(RTA_DST.rawValue)), (RouteAttribute.source, Int(RTA_SRC.rawValue)), (RouteAttribute.outputInterface, Int(RTA_OIF.rawValue)),
            (RouteAttribute.gateway, Int(RTA_GATEWAY.rawValue)), (RouteAttribute.priority, Int(RTA_PRIORITY.rawValue)),
            (RouteAttribute.preferredSource, Int(RTA_PREFSRC.rawValue)), (RouteAttribute.metrics, Int(RTA_METRICS.rawValue)),
            (RouteAttribute.multipath, Int(RTA_MULTIPATH.rawValue)), (RouteAttribute.flow, Int(RTA_FLOW.rawValue)), (RouteAttribute.table, Int(RTA_TABLE.rawValue)),
            (RouteAttribute.via, Int(RTA_VIA.rawValue)), (RouteAttribute.preference, Int(RTA_PREF.rawValue)),
            (RouteAttribute.encapsulationType, Int(RTA_ENCAP_TYPE.rawValue)), (RouteAttribute.encapsulation, Int(RTA_ENCAP.rawValue)),
            (RouteAttribute.expires, Int(RTA_EXPIRES.rawValue)), (RouteAttribute.ttlPropagate, Int(RTA_TTL_PROPAGATE.rawValue)),
        ]
        let rules: [(UInt16, Int)] = [
            (RuleAttribute.destination, FRA_DST), (RuleAttribute.source, FRA_SRC), (RuleAttribute.inputInterface, FRA_IIFNAME),
            (RuleAttribute.goto, FRA_GOTO), (RuleAttribute.priority, FRA_PRIORITY), (RuleAttribute.mark, FRA_FWMARK),
            (RuleAttribute.flow, FRA_FLOW), (RuleAttribute.tunnelID, FRA_TUN_ID),
            (RuleAttribute.suppressInterfaceGroup, FRA_SUPPRESS_IFGROUP),
            (RuleAttribute.suppressPrefixLength, FRA_SUPPRESS_PREFIXLEN), (RuleAttribute.table, FRA_TABLE),
            (RuleAttribute.markMask, FRA_FWMASK), (RuleAttribute.outputInterface, FRA_OIFNAME),
            (RuleAttribute.masterDevice, FRA_L3MDEV), (RuleAttribute.userRange, FRA_UID_RANGE),
            (RuleAttribute.protocol, FRA_PROTOCOL), (RuleAttribute.ipProtocol, FRA_IP_PROTO),
            (RuleAttribute.sourcePorts, FRA_SPORT_RANGE), (RuleAttribute.destinationPorts, FRA_DPORT_RANGE),
        ]
        for (ours, header) in addresses + links + routes + rules { #expect(Int(ours) == header) }
    }

    @Test func loadBalancer() {
        let commands: [(UInt8, Int)] = [
            (IPVSCommand.newService, IPVS_CMD_NEW_SERVICE), (IPVSCommand.setService, IPVS_CMD_SET_SERVICE),
            (IPVSCommand.deleteService, IPVS_CMD_DEL_SERVICE), (IPVSCommand.getService, IPVS_CMD_GET_SERVICE),
            (IPVSCommand.newDestination, IPVS_CMD_NEW_DEST), (IPVSCommand.setDestination, IPVS_CMD_SET_DEST),
            (IPVSCommand.deleteDestination, IPVS_CMD_DEL_DEST), (IPVSCommand.getDestination, IPVS_CMD_GET_DEST),
            (IPVSCommand.newDaemon, IPVS_CMD_NEW_DAEMON), (IPVSCommand.deleteDaemon, IPVS_CMD_DEL_DAEMON),
            (IPVSCommand.getDaemon, IPVS_CMD_GET_DAEMON), (IPVSCommand.setConfig, IPVS_CMD_SET_CONFIG),
            (IPVSCommand.getConfig, IPVS_CMD_GET_CONFIG), (IPVSCommand.getInfo, IPVS_CMD_GET_INFO),
            (IPVSCommand.zero, IPVS_CMD_ZERO), (IPVSCommand.flush, IPVS_CMD_FLUSH),
        ]
        for (ours, header) in commands { #expect(Int(ours) == header) }
        let attributes: [(UInt16, Int)] = [
            (IPVSAttribute.timeoutTCP, IPVS_CMD_ATTR_TIMEOUT_TCP), (IPVSAttribute.timeoutTCPFinal, IPVS_CMD_ATTR_TIMEOUT_TCP_FIN),
            (IPVSAttribute.timeoutUDP, IPVS_CMD_ATTR_TIMEOUT_UDP), (IPVSAttribute.daemon, IPVS_CMD_ATTR_DAEMON),
            (IPVSAttribute.Service.persistenceEngine, IPVS_SVC_ATTR_PE_NAME),
            (IPVSAttribute.Service.statistics64, IPVS_SVC_ATTR_STATS64), (IPVSAttribute.Service.netmask, IPVS_SVC_ATTR_NETMASK),
            (IPVSAttribute.Destination.persistentConnections, IPVS_DEST_ATTR_PERSIST_CONNS),
            (IPVSAttribute.Destination.family, IPVS_DEST_ATTR_ADDR_FAMILY),
            (IPVSAttribute.Destination.statistics64, IPVS_DEST_ATTR_STATS64),
            (IPVSAttribute.Destination.tunnelFlags, IPVS_DEST_ATTR_TUN_FLAGS),
            (IPVSAttribute.Daemon.largestPacket, IPVS_DAEMON_ATTR_SYNC_MAXLEN), (IPVSAttribute.Daemon.group, IPVS_DAEMON_ATTR_MCAST_GROUP),
            (IPVSAttribute.Daemon.group6, IPVS_DAEMON_ATTR_MCAST_GROUP6), (IPVSAttribute.Daemon.port, IPVS_DAEMON_ATTR_MCAST_PORT),
            (IPVSAttribute.Daemon.timeToLive, IPVS_DAEMON_ATTR_MCAST_TTL), (IPVSAttribute.Statistics.bytesOut, IPVS_STATS_ATTR_OUTBYTES),
        ]
        for (ours, header) in attributes { #expect(Int(ours) == header) }
    }
}
