{{ incidents_reconciled('ctl_ir_09__phases_are_in_order', "true", 'incidents of the window') }}
