// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import SNMP
import VRRP

/// What managers are told of when routers and groups change their states.
enum RouterNotifications {
    /// vrrpInstanceStateChange, and for a new master those of the two RFCs where they are served.
    ///
    /// - Parameters:
    ///   - row: the router's number in vrrpInstanceTable.
    ///   - state: the number of the new state, which for those that leave is none of RouterState.
    static func router(
        _ router: VirtualRouter, row: UInt32, state: Int32, interface: UInt32?, _ globals: GlobalSettings, name: String
    ) -> [ManagedNotification] {
        let instance = KeepalivedMIB.vrrp.appending(3, 1)
        var notifications: [ManagedNotification] = []
        if globals.snmp.vrrp {
            notifications.append(
                ManagedNotification(
                    KeepalivedMIB.vrrpTraps.appending(2),
                    [
                        ManagedObject(instance.appending(2, row), .text(router.settings.name)),
                        ManagedObject(instance.appending(4, row), .integer(state)),
                        ManagedObject(instance.appending(5, row), .integer(router.settings.startsAsMaster ? 2 : 1)),
                        ManagedObject(KeepalivedMIB.global.appending(2, 0), .text(name)),
                    ]))
        }
        guard router.state == .master, let interface, let source = router.source else { return notifications }
        let index = [interface, UInt32(router.settings.routerID)]
        if globals.snmp.rfcV2, router.settings.version == .v2, case .v4(let word) = source {
            let object = StandardObjects.version2.appending(1, 3, 1, 7).appending(index)
            notifications.append(
                ManagedNotification(StandardObjects.version2.appending(0, 1), [ManagedObject(object, .address(word))]))
        }
        if globals.snmp.rfcV3 {
            let index = index + [source.family == .ipv4 ? 1 : 2]
            notifications.append(
                ManagedNotification(
                    StandardObjects.version3.appending(0, 1),
                    [
                        ManagedObject(StandardObjects.version3.appending(1, 1, 1, 1, 3).appending(index), source.managed),
                        ManagedObject(
                            StandardObjects.version3.appending(1, 2, 5, 1, 2).appending(index),
                            .integer(reason(router.lastCause))),
                    ]))
        }
        return notifications
    }

    /// vrrpTrapAuthFailure or vrrpv3ProtoError for an advert that was refused; nil where its MIB knows no such reason.
    static func refusal(
        _ rejection: Rejection, from sender: IPAddress, of router: RouterSettings, interface: UInt32, _ served: ServedMIBs
    ) -> ManagedNotification? {
        let index = [interface, UInt32(router.routerID)]
        if let kind = rejection.authenticationError, served.version2, router.version == .v2, case .v4(let word) = sender {
            let operations = StandardObjects.version2.appending(1)
            return ManagedNotification(
                StandardObjects.version2.appending(0, 2),
                [
                    ManagedObject(operations.appending(5).appending(index), .address(word)),
                    ManagedObject(operations.appending(6).appending(index), .integer(kind)),
                ])
        }
        guard let reason = rejection.protocolError, served.version3 else { return nil }
        let object = StandardObjects.version3.appending(1, 2, 5, 1, 6).appending(index + [router.family == .ipv4 ? 1 : 2])
        return ManagedNotification(StandardObjects.version3.appending(0, 2), [ManagedObject(object, .integer(Int32(reason)))])
    }

    /// vrrpSyncGroupStateChange.
    static func group(_ group: String, row: UInt32, state: Int32, name: String) -> ManagedNotification {
        let entry = KeepalivedMIB.vrrp.appending(1, 1)
        return ManagedNotification(
            KeepalivedMIB.vrrpTraps.appending(1),
            [
                ManagedObject(entry.appending(2, row), .text(group)), ManagedObject(entry.appending(3, row), .integer(state)),
                ManagedObject(KeepalivedMIB.global.appending(2, 0), .text(name)),
            ])
    }

    /// priority(1), preempted(2), masterNoResponse(3)
    private static func reason(_ cause: Cause?) -> Int32 {
        switch cause {
        case .ownsAddresses: 1
        case .preemption: 2
        default: 3
        }
    }
}

extension Rejection {
    /// vrrpTrapAuthErrorType: invalidAuthType(1), authTypeMismatch(2), authFailure(3)
    fileprivate var authenticationError: Int32? {
        switch self {
        case .unknownAuthentication: 1
        case .authenticationMismatch: 2
        case .authenticationFailed, .replayedHeader: 3
        case .length, .notVRRP, .hopLimit, .version, .type, .routerID, .checksum, .noAddresses, .interval, .destination, .unknownPeer,
            .trailer:
            nil
        }
    }
}
