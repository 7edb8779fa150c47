// SPDX-License-Identifier: GPL-2.0-or-later

import CNetSNMP
import Glibc

/// The agent library of net-snmp, loaded in the process that speaks to an SNMP master.
struct SNMPLibrary {
    typealias Text = UnsafePointer<CChar>
    typealias Variable = UnsafeMutablePointer<netsnmp_variable_list>
    typealias SetBoolean = @convention(c) (Int32, Int32, Int32) -> Int32
    typealias SetString = @convention(c) (Int32, Int32, Text) -> Int32
    typealias Begin = @convention(c) (Text) -> Int32
    typealias Named = @convention(c) (Text) -> Void
    typealias Handler = @convention(c) (
        UnsafeMutablePointer<netsnmp_mib_handler>?, UnsafeMutablePointer<netsnmp_handler_registration>?,
        UnsafeMutablePointer<netsnmp_agent_request_info>?, UnsafeMutablePointer<netsnmp_request_info>?
    ) -> Int32
    typealias Registration = UnsafeMutablePointer<netsnmp_handler_registration>
    typealias MakeRegistration = @convention(c) (Text, Handler, UnsafePointer<oid>, Int, Int32) -> Registration?
    typealias Register = @convention(c) (Registration) -> Int32
    typealias SetName = @convention(c) (Variable, UnsafePointer<oid>, Int) -> Int32
    typealias SetValue = @convention(c) (Variable, UInt8, UnsafeRawPointer?, Int) -> Int32
    typealias Append = @convention(c) (
        UnsafeMutablePointer<Variable?>, UnsafePointer<oid>, Int, UInt8, UnsafeRawPointer?, Int
    ) -> Variable?
    typealias WithVariables = @convention(c) (Variable) -> Void
    typealias Select = @convention(c) (
        UnsafeMutablePointer<Int32>, UnsafeMutablePointer<fd_set>, UnsafeMutablePointer<timeval>, UnsafeMutablePointer<Int32>
    ) -> Int32
    typealias Read = @convention(c) (UnsafeMutablePointer<fd_set>) -> Void
    typealias Act = @convention(c) () -> Void

    let setBoolean: SetBoolean
    let setString: SetString
    let beginAgent: Begin
    let begin: Named
    let end: Named
    let silence: Act
    let makeRegistration: MakeRegistration
    let register: Register
    let setName: SetName
    let setValue: SetValue
    let append: Append
    let free: WithVariables
    let sendNotification: WithVariables
    let select: Select
    let read: Read
    let expire: Act
    let runAlarms: Act
    let finishRequests: Act

    init() throws(SharedLibrary.Missing) {
        let library = try SharedLibrary("libnetsnmpagent.so.40", "libnetsnmpagent.so.35", "libnetsnmpagent.so")
        setBoolean = try library.function("netsnmp_ds_set_boolean", SetBoolean.self)
        setString = try library.function("netsnmp_ds_set_string", SetString.self)
        beginAgent = try library.function("init_agent", Begin.self)
        begin = try library.function("init_snmp", Named.self)
        end = try library.function("snmp_shutdown", Named.self)
        silence = try library.function("snmp_disable_log", Act.self)
        makeRegistration = try library.function("netsnmp_create_handler_registration", MakeRegistration.self)
        register = try library.function("netsnmp_register_handler", Register.self)
        setName = try library.function("snmp_set_var_objid", SetName.self)
        setValue = try library.function("snmp_set_var_typed_value", SetValue.self)
        append = try library.function("snmp_varlist_add_variable", Append.self)
        free = try library.function("snmp_free_varbind", WithVariables.self)
        sendNotification = try library.function("send_v2trap", WithVariables.self)
        select = try library.function("snmp_select_info", Select.self)
        read = try library.function("snmp_read", Read.self)
        expire = try library.function("snmp_timeout", Act.self)
        runAlarms = try library.function("run_alarms", Act.self)
        finishRequests = try library.function("netsnmp_check_outstanding_agent_requests", Act.self)
    }
}
