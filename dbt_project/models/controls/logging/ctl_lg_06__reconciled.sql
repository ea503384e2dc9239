{{ log_streams_reconciled('system_error', ref('ctl_lg_06__system_errors_are_logged')) }}
