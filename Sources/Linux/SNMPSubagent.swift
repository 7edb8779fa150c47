// SPDX-License-Identifier: GPL-2.0-or-later

import CNetSNMP
import Glibc
package import SNMP

/// A sub-agent of the machine's SNMP master (AgentX, RFC 2741), by net-snmp.
///
/// The library waits for the master whenever it likes to, so this runs in a process that has nothing else to do. There is one a
/// process. The objects are read-only.
package final class SNMPSubagent {
    private let library: SNMPLibrary
    /// Asked for each request of a manager.
    private let objects: () -> ManagedObjects

    /// Connects to the master and answers for the subtrees. A master that is not there is looked for again and again.
    ///
    /// - Parameter socket: the master's address as net-snmp writes it; nil: its default.
    /// - Throws: the reason, when the library is missing.
    package init(
        socket: String?, subtrees: [ObjectIdentifier], objects: @escaping () -> ManagedObjects
    ) throws(LibraryMissing) {
        do throws(SharedLibrary.Missing) {
            library = try SNMPLibrary()
        } catch {
            throw LibraryMissing(reason: error.reason)
        }
        self.objects = objects
        configure(socket)
        _ = library.beginAgent(Self.name)
        for subtree in subtrees { register(subtree) }
        library.begin(Self.name)
    }

    private static let name = "keepalived"

    private func configure(_ socket: String?) {
        library.silence()
        let application = NETSNMP_DS_APPLICATION_ID
        _ = library.setBoolean(application, NETSNMP_DS_AGENT_ROLE, 1)
        if let socket { _ = library.setString(application, NETSNMP_DS_AGENT_X_SOCKET, socket) }
        let general = NETSNMP_DS_LIBRARY_ID
        // The library would read and write files of its own below /etc/snmp and /var/lib/snmp.
        for setting in [
            NETSNMP_DS_LIB_DONT_READ_CONFIGS, NETSNMP_DS_LIB_DONT_PERSIST_STATE, NETSNMP_DS_LIB_DISABLE_PERSISTENT_LOAD,
            NETSNMP_DS_LIB_DISABLE_PERSISTENT_SAVE,
        ] { _ = library.setBoolean(general, setting, 1) }
    }

    private func register(_ subtree: ObjectIdentifier) {
        let name = subtree.parts.map(oid.init)
        guard let registration = library.makeRegistration(Self.name, answerRequests, name, name.count, HANDLER_CAN_RONLY) else {
            return
        }
        registration.pointee.my_reg_void = Unmanaged.passUnretained(self).toOpaque()
        _ = library.register(registration)
    }

    // MARK: Requests

    /// Answers one request after the other; what is left without a value does not exist.
    fileprivate func answer(_ mode: Int32, _ first: UnsafeMutablePointer<netsnmp_request_info>) {
        let objects = objects()
        var request: UnsafeMutablePointer<netsnmp_request_info>? = first
        while let current = request {
            request = current.pointee.next
            guard let variable = current.pointee.requestvb, let name = variable.pointee.name else { continue }
            let asked = ObjectIdentifier(
                UnsafeBufferPointer(start: name, count: variable.pointee.name_length).map { UInt32(truncatingIfNeeded: $0) })
            switch mode {
            case Self.get: if let value = objects[asked] { set(value, of: variable) }
            case Self.getNext:
                guard let next = objects.next(after: asked) else { continue }
                let parts = next.name.parts.map(oid.init)
                _ = library.setName(variable, parts, parts.count)
                set(next.value, of: variable)
            default: continue
            }
        }
    }

    /// SNMP_MSG_GET and SNMP_MSG_GETNEXT: the tags of the two requests in RFC 3416.
    private static let get: Int32 = 0xa0
    private static let getNext: Int32 = 0xa1

    private func set(_ value: ManagedValue, of variable: SNMPLibrary.Variable) {
        value.withEncoding { tag, bytes in _ = library.setValue(variable, tag, bytes.baseAddress, bytes.count) }
    }

    /// Sends the notification to the master, which knows who wants it.
    package func send(_ notification: ManagedNotification) {
        var list: SNMPLibrary.Variable?
        for object in [ManagedObject(Self.trapIdentity, .object(notification.identity))] + notification.objects {
            let name = object.name.parts.map(oid.init)
            object.value.withEncoding { tag, bytes in
                _ = library.append(&list, name, name.count, tag, bytes.baseAddress, bytes.count)
            }
        }
        guard let list else { return }
        library.sendNotification(list)
        library.free(list)
    }

    /// snmpTrapOID.0 (RFC 3418 section 2).
    private static let trapIdentity: ObjectIdentifier = [1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0]

    // MARK: Waiting

    /// Serves the master until something can be read from the descriptor.
    package func serve(until descriptor: FileDescriptor) {
        while !turn(descriptor.number) {}
        library.finishRequests()
    }

    /// Waits once; whether the descriptor can be read.
    private func turn(_ descriptor: Int32) -> Bool {
        var highest = descriptor + 1
        var set = fd_set()
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        var blocks: Int32 = 0
        set.insert(descriptor)
        _ = library.select(&highest, &set, &limit, &blocks)
        let count = Glibc.select(highest, &set, nil, nil, &limit)
        let isReadable = count > 0 && set.contains(descriptor)
        if count > 0 { library.read(&set) }
        if count == 0 { library.expire() }
        library.runAlarms()
        library.finishRequests()
        return isReadable
    }

    /// Takes leave of the master.
    package func close() { library.end(Self.name) }
}

/// A library that a configuration asks for is not installed.
package struct LibraryMissing: Error {
    package var reason: String
}

/// What net-snmp calls for requests in a registered subtree.
private let answerRequests: SNMPLibrary.Handler = { _, registration, information, requests in
    guard let context = registration?.pointee.my_reg_void, let information, let requests else { return 0 }
    Unmanaged<SNMPSubagent>.fromOpaque(context).takeUnretainedValue().answer(information.pointee.mode, requests)
    return 0
}

extension ManagedValue {
    /// Calls `body` with the BER tag and the value as net-snmp expects it in memory.
    fileprivate func withEncoding(_ body: (UInt8, UnsafeRawBufferPointer) -> Void) {
        switch self {
        case .integer(let value): withUnsafeBytes(of: Int(value)) { body(0x02, $0) }
        case .octets(let bytes): bytes.withUnsafeBytes { body(0x04, $0) }
        case .object(let name): name.parts.map(oid.init).withUnsafeBytes { body(0x06, $0) }
        case .address(let address): withUnsafeBytes(of: address.bigEndian) { body(0x40, $0) }
        case .counter(let value): withUnsafeBytes(of: UInt(value)) { body(0x41, $0) }
        case .gauge(let value): withUnsafeBytes(of: UInt(value)) { body(0x42, $0) }
        case .ticks(let value): withUnsafeBytes(of: UInt(value)) { body(0x43, $0) }
        case .counter64(let value):
            let halves = CNetSNMP.counter64(high: u_long(value >> 32), low: u_long(value & 0xffff_ffff))
            withUnsafeBytes(of: halves) { body(0x46, $0) }
        }
    }
}

extension fd_set {
    /// The set is an array of bits in words of the machine.
    mutating func insert(_ descriptor: Int32) {
        withUnsafeMutableBytes(of: &self) { bits in
            precondition(descriptor >= 0 && Int(descriptor) < bits.count * 8, "select() takes descriptors below 1024.")
            bits[Int(descriptor) / 8] |= 1 << UInt8(descriptor % 8)
        }
    }

    func contains(_ descriptor: Int32) -> Bool {
        withUnsafeBytes(of: self) { $0[Int(descriptor) / 8] & 1 << UInt8(descriptor % 8) != 0 }
    }
}
