{{ incidents_reconciled('ctl_ir_04__parties_are_notified', "true", 'incidents of the window') }}
