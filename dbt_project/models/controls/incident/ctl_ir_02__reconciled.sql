{{ incidents_reconciled('ctl_ir_02__incidents_are_triaged', "true", 'incidents of the window') }}
