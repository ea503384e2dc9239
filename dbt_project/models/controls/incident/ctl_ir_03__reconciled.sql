{{ incidents_reconciled('ctl_ir_03__responses_are_in_time', "true", 'incidents of the window') }}
