{{ log_stores_reconciled(ref('ctl_li_02__logs_are_not_deleted')) }}
