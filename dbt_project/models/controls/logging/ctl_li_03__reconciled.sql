{{ log_stores_reconciled(ref('ctl_li_03__access_to_logs_is_logged')) }}
