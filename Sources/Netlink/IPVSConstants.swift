// SPDX-License-Identifier: GPL-2.0-or-later

/// IPVS_CMD_*.
enum IPVSCommand {
    static let newService: UInt8 = 1
    static let setService: UInt8 = 2
    static let deleteService: UInt8 = 3
    static let getService: UInt8 = 4
    static let newDestination: UInt8 = 5
    static let setDestination: UInt8 = 6
    static let deleteDestination: UInt8 = 7
    static let getDestination: UInt8 = 8
    static let newDaemon: UInt8 = 9
    static let deleteDaemon: UInt8 = 10
    static let getDaemon: UInt8 = 11
    static let setConfig: UInt8 = 12
    static let getConfig: UInt8 = 13
    static let getInfo: UInt8 = 15
    static let zero: UInt8 = 16
    static let flush: UInt8 = 17
}

/// IPVS_CMD_ATTR_*, IPVS_SVC_ATTR_*, IPVS_DEST_ATTR_*, IPVS_DAEMON_ATTR_* and IPVS_STATS_ATTR_*.
enum IPVSAttribute {
    static let service: UInt16 = 1
    static let destination: UInt16 = 2
    static let daemon: UInt16 = 3
    static let timeoutTCP: UInt16 = 4
    static let timeoutTCPFinal: UInt16 = 5
    static let timeoutUDP: UInt16 = 6

    enum Service {
        static let family: UInt16 = 1
        static let `protocol`: UInt16 = 2
        static let address: UInt16 = 3
        static let port: UInt16 = 4
        static let mark: UInt16 = 5
        static let scheduler: UInt16 = 6
        static let flags: UInt16 = 7
        static let timeout: UInt16 = 8
        static let netmask: UInt16 = 9
        static let persistenceEngine: UInt16 = 11
        static let statistics64: UInt16 = 12
    }

    enum Destination {
        static let address: UInt16 = 1
        static let port: UInt16 = 2
        static let forwarding: UInt16 = 3
        static let weight: UInt16 = 4
        static let upperThreshold: UInt16 = 5
        static let lowerThreshold: UInt16 = 6
        static let activeConnections: UInt16 = 7
        static let inactiveConnections: UInt16 = 8
        static let persistentConnections: UInt16 = 9
        static let family: UInt16 = 11
        static let statistics64: UInt16 = 12
        static let tunnelType: UInt16 = 13
        static let tunnelPort: UInt16 = 14
        static let tunnelFlags: UInt16 = 15
    }

    enum Daemon {
        static let state: UInt16 = 1
        static let interface: UInt16 = 2
        static let syncID: UInt16 = 3
        static let largestPacket: UInt16 = 4
        static let group: UInt16 = 5
        static let group6: UInt16 = 6
        static let port: UInt16 = 7
        static let timeToLive: UInt16 = 8
    }

    enum Statistics {
        static let connections: UInt16 = 1
        static let packetsIn: UInt16 = 2
        static let packetsOut: UInt16 = 3
        static let bytesIn: UInt16 = 4
        static let bytesOut: UInt16 = 5
        /// Per second, over the last seconds.
        static let connectionRate: UInt16 = 6
        static let packetRateIn: UInt16 = 7
        static let packetRateOut: UInt16 = 8
        static let byteRateIn: UInt16 = 9
        static let byteRateOut: UInt16 = 10
    }
}
