{{ log_streams_reconciled('authentication', ref('ctl_lg_01__authentication_is_logged')) }}
