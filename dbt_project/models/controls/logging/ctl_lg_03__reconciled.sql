{{ log_streams_reconciled('pii_access', ref('ctl_lg_03__data_access_is_logged')) }}
