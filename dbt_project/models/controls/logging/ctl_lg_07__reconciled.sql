{{ log_streams_reconciled('user_lifecycle', ref('ctl_lg_07__user_operations_are_logged')) }}
