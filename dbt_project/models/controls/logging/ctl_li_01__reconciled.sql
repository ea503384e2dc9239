{{ log_stores_reconciled(ref('ctl_li_01__logs_are_write_once')) }}
