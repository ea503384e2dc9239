{{ log_streams_reconciled('authorization_failure', ref('ctl_lg_02__authorization_failures_are_logged')) }}
