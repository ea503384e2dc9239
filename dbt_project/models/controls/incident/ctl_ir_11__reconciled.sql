{{ incidents_reconciled('ctl_ir_11__severity_fits_the_facts', "true", 'incidents of the window') }}
