// SPDX-License-Identifier: GPL-2.0-or-later

import Linux

/// The objects that callers on the message bus find, and what they are answered.
struct BusObjects {
    /// An instance, by its path.
    struct Instance: Equatable {
        var name: String
        var state: BusState
    }

    /// The path of the object for all instances.
    let all: String
    private(set) var instances: [String: Instance] = [:]

    init(all: String) { self.all = all }

    static let allInterface = "org.keepalived.Vrrp1.Vrrp"
    static let instanceInterface = "org.keepalived.Vrrp1.Instance"

    /// Follows what the VRRP process says.
    mutating func note(_ message: BusMessage) {
        switch message {
        case .clear: instances.removeAll()
        case .instance(let path, let name, let state): instances[path] = Instance(name: name, state: state)
        case .change(let path, let state): instances[path]?.state = state
        case .started, .reloaded, .stopped: break
        }
    }

    /// The answer to a call, and what the VRRP process is to do.
    func answer(_ call: BusCall) -> (BusAnswer, BusOrder?) {
        switch call.interface {
        case "org.freedesktop.DBus.Introspectable" where call.member == "Introspect":
            guard let text = introspection(of: call.path) else { return (Self.noObject(call.path), nil) }
            return (.values([.string(text)]), nil)
        case "org.freedesktop.DBus.Properties": return (property(call), nil)
        case Self.instanceInterface, "":
            if instances[call.path] != nil, call.member == "SendGarp" { return (.values([]), .announce(path: call.path)) }
            return call.interface.isEmpty ? order(call) : (Self.noMethod(call), nil)
        case Self.allInterface: return order(call)
        default: return (Self.noMethod(call), nil)
        }
    }

    private func order(_ call: BusCall) -> (BusAnswer, BusOrder?) {
        guard call.path == all else { return (Self.noObject(call.path), nil) }
        switch call.member {
        case "PrintData": return (.values([]), .printData)
        case "PrintStats": return (.values([]), .printStatistics)
        case "PrintStatsClear": return (.values([]), .printAndClearStatistics)
        case "ReloadConfig": return (.values([]), .reload)
        default: return (Self.noMethod(call), nil)
        }
    }

    // MARK: Properties

    private func property(_ call: BusCall) -> BusAnswer {
        guard let instance = instances[call.path] else {
            return call.path == all && call.member == "GetAll" ? .values([.dictionary([])]) : Self.noObject(call.path)
        }
        guard let interface = call.words.first, interface == Self.instanceInterface || interface.isEmpty else {
            return .failure("UnknownInterface", "\(call.path) has the interface \(Self.instanceInterface)")
        }
        let properties = [
            (key: "Name", value: BusValue.string(instance.name)),
            (key: "State", value: .structure([.unsigned(UInt32(instance.state.rawValue)), .string(instance.state.word)])),
        ]
        switch call.member {
        case "GetAll": return .values([.dictionary(properties)])
        case "Get":
            guard let wanted = call.words.dropFirst().first, let found = properties.first(where: { $0.key == wanted }) else {
                return .failure("UnknownProperty", "\(call.path) has the properties Name and State")
            }
            return .values([.variant(found.value)])
        case "Set": return .failure("PropertyReadOnly", "Name and State cannot be set")
        default: return Self.noMethod(call)
        }
    }

    private static func noMethod(_ call: BusCall) -> BusAnswer {
        .failure("UnknownMethod", "\(call.path) has no method \(call.member) in the interface \(call.interface)")
    }

    private static func noObject(_ path: String) -> BusAnswer { .failure("UnknownObject", "There is no object \(path)") }

    // MARK: Introspection

    /// The description of a path in XML; nil where nothing is at or below it.
    func introspection(of path: String) -> String? {
        let prefix = path == "/" ? "/" : path + "/"
        let below = ([all] + instances.keys).filter { $0.hasPrefix(prefix) }
            .compactMap { $0.dropFirst(prefix.count).split(separator: "/").first.map(String.init) }
        guard !below.isEmpty || path == all || instances[path] != nil else { return nil }
        var text = Self.head
        if path == all { text += Self.allDescription }
        if instances[path] != nil { text += Self.instanceDescription }
        for child in Set(below).sorted() { text += " <node name=\"\(child)\"/>\n" }
        return text + "</node>\n"
    }

    private static let head = """
        <!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"
         "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">
        <node>
         <interface name="org.freedesktop.DBus.Introspectable">
          <method name="Introspect"><arg name="xml" type="s" direction="out"/></method>
         </interface>
         <interface name="org.freedesktop.DBus.Properties">
          <method name="Get">
           <arg name="interface" type="s" direction="in"/>
           <arg name="property" type="s" direction="in"/>
           <arg name="value" type="v" direction="out"/>
          </method>
          <method name="GetAll">
           <arg name="interface" type="s" direction="in"/>
           <arg name="properties" type="a{sv}" direction="out"/>
          </method>
         </interface>

        """

    private static let allDescription = """
         <interface name="org.keepalived.Vrrp1.Vrrp">
          <method name="PrintData"/>
          <method name="PrintStats"/>
          <method name="PrintStatsClear"/>
          <method name="ReloadConfig"/>
          <signal name="VrrpStarted"/>
          <signal name="VrrpReloaded"/>
          <signal name="VrrpStopped"/>
         </interface>

        """

    private static let instanceDescription = """
         <interface name="org.keepalived.Vrrp1.Instance">
          <method name="SendGarp"/>
          <signal name="VrrpStatusChange"><arg type="u" name="status"/></signal>
          <property type="s" name="Name" access="read"/>
          <property type="(us)" name="State" access="read"/>
         </interface>

        """
}
